"""Does New allow a request that Old does not? A proof that it does not, or openings with a checked witness each.

Every question about the pair is asked under every assumption about policy variables. A witness counts only if the point
evaluator, which shares no code with the search, allows it under New and denies it under Old; where the search sees an
opening and no witness of it checks, the answer is that it is not known, with the reason.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import islice, product
from typing import Final

from towpath.privilege.access import Access, AccessPolicies, Cause, Question, Questions
from towpath.privilege.boxes import Box, Meaning, requests_to
from towpath.privilege.catalogue import Action
from towpath.privilege.conditions.operators import Qualifier, operator_named
from towpath.privilege.conditions.symmetry import oriented_policy
from towpath.privilege.evaluator import Decision, Evaluator
from towpath.privilege.language.work import BudgetExceededError, Work
from towpath.privilege.reach import Opening, on_its_resources, openings
from towpath.privilege.region import Region, Search, Tests
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind, Statement
from towpath.privilege.surroundings import Surroundings
from towpath.privilege.witness import Scene, witnesses
from towpath.privilege.worlds import World, worlds, written_variables
from towpath.verdict import Reason

_TRIED_PARTS: Final = 12
_KEPT_FOR_THE_REST: Final = 0.7


@dataclass(frozen=True, slots=True)
class Part:
    """A question that has an answer, the region it was asked in and the assumption it was asked under."""

    question: Question
    region: Region
    world: World


@dataclass(frozen=True, slots=True)
class Setting:
    """Both accesses under one assumption, and all requests for which it holds."""

    world: World
    start: Region
    old: Access
    new: Access


@dataclass(slots=True)
class Expansion:
    """What one cause newly allows: a checked witness, the region that it comes from, and the catalogue's actions.

    `actions` is empty when only requests are allowed that no service knows. `is_complete` is false when the count of
    actions was cut short by the work budget.
    """

    cause: Cause
    responsible: Statement | None
    request: Request
    before: Decision
    after: Decision
    region: Region
    actions: dict[str, Action] = field(default_factory=dict[str, Action])
    is_complete: bool = True
    gravest: Action | None = None
    """The action of the witness, if the catalogue has it."""
    parts: list["Part"] = field(default_factory=list["Part"])
    """Where its requests are."""


@dataclass(slots=True)
class Outcome:
    """What a comparison found: expansions by cause, and why some things could not be decided."""

    expansions: list[Expansion] = field(default_factory=list[Expansion])
    unknowns: list[Reason] = field(default_factory=list[Reason])


class Side(Enum):
    """Which of the two accesses."""

    OLD = "old"
    NEW = "new"


_Group = tuple[Cause, int]


class Engine:
    """One comparison of two accesses of one kind."""

    def __init__(
        self, old: AccessPolicies, new: AccessPolicies, kind: Kind, work: Work, *, brief: bool = False
    ) -> None:
        """With `brief`, one witness per cause is enough and actions are not counted."""
        self.brief = brief
        self.old, self.new = (_oriented(side) for side in (old, new))
        self.kind = kind
        self.work = work
        self.statements = (*self.old.statements, *self.new.statements)
        self.around = Surroundings.of(self.statements)
        self.search = Search(work, _qualified(self.statements))
        self._judges = {
            side: Evaluator(documents.policies, documents.boundary, kind)
            for side, documents in ((Side.OLD, old), (Side.NEW, new))
        }
        self.outcome = Outcome()
        self._found: dict[_Group, Expansion] = {}
        self._doubts: dict[_Group, Reason] = {}

    def run(self) -> Outcome:
        """Asks everything. Never raises BudgetExceededError: what it could not afford is among the unknowns."""
        try:
            for setting in self.settings:
                self._ask_all(setting)
        except BudgetExceededError:
            self.outcome.unknowns.append(_too_much_work())
        self.outcome.expansions.extend(self._found.values())
        self.outcome.unknowns.extend(doubt for group, doubt in self._doubts.items() if group not in self._found)
        return self.outcome

    def _differing(self) -> Sequence[Statement]:
        """All statements, or none if both sides say the same: then no assumption has to be tried."""
        written = Meaning(self.kind, self.around)
        old, new = (Access.of(side, written) for side in (self.old, self.new))
        return () if next(iter(Questions(old, new)), None) is None else self.statements

    @cached_property
    def settings(self) -> list[Setting]:
        """Every assumption that has to be tried. Raises BudgetExceededError when there are too many."""
        found: list[Setting] = []
        for world in worlds(self._differing()):
            meaning = Meaning(self.kind, self.around, world.assumptions)
            start = self.search.within(requests_to(self.kind), world.tests)
            if start is not None:
                found.append(Setting(world, start, Access.of(self.old, meaning), Access.of(self.new, meaning)))
        return found

    def _ask_all(self, setting: Setting) -> None:
        for question in Questions(setting.old, setting.new):
            region = self._inside(setting.start, question.inside)
            if region is not None:
                self._ask(question, region, setting.world)

    def _inside(self, region: Region | None, boxes: Iterable[Box]) -> Region | None:
        for box in boxes:
            region = None if region is None else self.search.within(region, box.tests)
        return region

    def opens(self, expansion: Expansion, tests: Callable[[World], Tests | None]) -> bool:
        """Whether some of the newly allowed requests pass the tests. Raises BudgetExceededError."""
        for part in expansion.parts:
            wanted = tests(part.world)
            region = None if wanted is None else self.search.within(part.region, wanted)
            outside = [box.tests for box in part.question.outside]
            if region is not None and self.search.outside(region, outside) is not None:
                return True
        return False

    def allows(self, side: Side, service: str, tests: Callable[[World], Tests | None]) -> bool:
        """Whether one side allows some request to a service that passes the tests. Raises BudgetExceededError."""
        for setting in self.settings:
            access = setting.new if side is Side.NEW else setting.old
            wanted = tests(setting.world)
            start = None if wanted is None else self.search.within(setting.start, wanted)
            if start is None:
                continue
            denies = [box.tests for box in access.denies if box.is_about(service)]
            allows = [box for box in access.allows if box.is_about(service)]
            for boxes in product(allows, [None] if access.ceilings is None else access.ceilings):
                region = self._inside(start, [box for box in boxes if box is not None])
                if region is not None and self.search.outside(region, denies) is not None:
                    return True
        return False

    def _ask(self, question: Question, region: Region, world: World) -> None:
        group = (question.cause, id(question.responsible))
        if self.brief and group in self._found:
            return
        parts = self.search.parts_outside(region, [box.tests for box in question.outside])
        first = next(parts, None)
        if first is None:
            return
        scene = self._scene(world)
        complete = self._count_all(group, question, region, scene)
        if group not in self._found:
            self._settle_for_any(group, question, [first, *islice(parts, _TRIED_PARTS)], scene)
        if group in self._found and not complete:
            self._found[group].is_complete = False
        if group in self._found:
            self._found[group].parts.append(Part(question, region, world))

    def _count_all(self, group: _Group, question: Question, region: Region, scene: Scene) -> bool:
        """Counts the catalogue's actions; false if the budget did not allow to count all of them."""
        try:
            with self.work.keeping(_KEPT_FOR_THE_REST):
                counted = self._found[group].actions if group in self._found else {}
                for opening in openings(self.search, region, question, counted.keys(), brief=self.brief):
                    self._count(group, question, opening, scene)
                    if self.brief and group in self._found:
                        break
        except BudgetExceededError:
            return False
        return True

    def _count(self, group: _Group, question: Question, opening: Opening, scene: Scene) -> None:
        """Adds newly allowed actions to the expansion of their cause; the gravest one gives the witness."""
        gravest = min(opening.actions, key=lambda action: action.gravity)
        known = self._found.get(group)
        if known is None or known.gravest is None or gravest.gravity < known.gravest.gravity:
            outside = [box.tests for box in question.outside]
            region = on_its_resources(self.search, gravest, opening.start, opening.left, outside)
            proof = None if region is None else self._proof(group, question, region, scene, gravest)
            if region is None or proof is None:
                return
            known = known or Expansion(question.cause, question.responsible, *proof, region)
            known.request, known.before, known.after = proof
            known.region, known.gravest = region, gravest
            self._found[group] = known
        known.actions.update((action.name, action) for action in opening.actions)

    def _settle_for_any(self, group: _Group, question: Question, parts: Sequence[Region], scene: Scene) -> None:
        """No request that a service knows: any other string will do, and is said to be that."""
        for part in parts:
            proof = self._proof(group, question, part, scene, None)
            if proof is not None:
                self._found[group] = Expansion(question.cause, question.responsible, *proof, part)
                return

    def _proof(
        self, group: _Group, question: Question, region: Region, scene: Scene, action: Action | None
    ) -> tuple[Request, Decision, Decision] | None:
        """A checked request of the region, with why it was denied and is allowed. If there is none, that is noted."""
        request = None
        for request in witnesses(region, scene, action):
            checked = self._checked(request)
            if checked is not None:
                return request, *checked
        self._doubts.setdefault(group, _unchecked(question, request))
        return None

    def _checked(self, request: Request) -> tuple[Decision, Decision] | None:
        """The second opinion on both sides, if it is that the request is denied before and allowed now."""
        after = self._judges[Side.NEW].decide(request)
        before = self._judges[Side.OLD].decide(request) if after.allowed else after
        return None if before.allowed or not after.allowed else (before, after)

    @cached_property
    def _key_names(self) -> dict[str, str]:
        """How the policies write the context keys, by key in lower case."""
        names = dict(written_variables(self.statements))
        names.update((item.key, item.written_key or item.key) for one in self.statements for item in one.conditions)
        return names

    def _scene(self, world: World) -> Scene:
        return Scene(self._key_names, self.around.partition, world.assumptions, self.work)


def _oriented(side: AccessPolicies) -> AccessPolicies:
    boundary = None if side.boundary is None else tuple(map(oriented_policy, side.boundary))
    return AccessPolicies(tuple(map(oriented_policy, side.policies)), boundary)


def _qualified(statements: Sequence[Statement]) -> frozenset[str]:
    return frozenset(_qualified_keys(statements))


def _qualified_keys(statements: Sequence[Statement]) -> Iterator[str]:
    for statement in statements:
        for condition in statement.conditions:
            operator = operator_named(condition.operator)
            if operator is not None and operator.qualifier is not Qualifier.NONE:
                yield condition.key


def _too_much_work() -> Reason:
    return Reason(
        code="privilege-work-budget",
        message="The policies combine more wildcards or variables than the work budget allows to decide.",
        remedy="Write fewer overlapping wildcards or variables, or raise the budget.",
    )


def _unchecked(question: Question, request: Request | None) -> Reason:
    place = "" if question.responsible is None else str(question.responsible.place)
    found = "no concrete request could be made of it" if request is None else f"{request} does not prove it"
    return Reason(
        code="privilege-not-decided",
        message=f"More may be allowed than before ({question.cause}), but {found}.",
        where=place,
        remedy="Compare the key with one kind of operator, or write the policy variable's values out.",
    )
