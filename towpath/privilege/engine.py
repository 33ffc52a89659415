"""Does New allow a request that Old does not? A proof that it does not, or openings with a checked witness each.

Every question about the pair is asked under every assumption about policy variables. A witness counts only if the point
evaluator, which shares no code with the search, allows it under New and denies it under Old; where the search sees an
opening and no witness of it checks, the answer is that it is not known, with the reason.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cached_property
from itertools import islice
from typing import Final

from towpath.privilege.access import Access, AccessPolicies, Cause, Question, Questions
from towpath.privilege.asking import Asker, Wanted
from towpath.privilege.boxes import Meaning
from towpath.privilege.catalogue import Action
from towpath.privilege.conditions.operators import Qualifier, operator_named
from towpath.privilege.conditions.symmetry import Direction, fixed_directions, oriented_policy
from towpath.privilege.evaluator import Decision, Evaluator
from towpath.privilege.expansion import Expansion, Outcome, Part
from towpath.privilege.language.work import BudgetExceededError, Work
from towpath.privilege.reach import Opening, on_its_resources, openings
from towpath.privilege.region import Region, Search
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind, Statement
from towpath.privilege.surroundings import Surroundings
from towpath.privilege.variables import written_variables
from towpath.privilege.witness import Scene, witnesses
from towpath.privilege.worlds import World
from towpath.verdict import Reason

_TRIED_PARTS: Final = 12
_KEPT_FOR_THE_REST: Final = 0.7


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
        fixed = fixed_directions([*old.statements, *new.statements])
        self.old, self.new = (_oriented(side, fixed) for side in (old, new))
        self.kind = kind
        self.work = work
        self.statements = (*self.old.statements, *self.new.statements)
        self.around = Surroundings.of(self.statements)
        self.search = Search(work, _qualified(self.statements))
        self._judges = {
            Side.OLD: Evaluator(old.policies, old.boundary, kind),
            Side.NEW: Evaluator(new.policies, new.boundary, kind),
        }
        self.asker = Asker(Meaning(kind, self.around), self.search)
        self._found: dict[_Group, Expansion] = {}
        self._doubts: dict[_Group, Reason] = {}
        self._saving = False

    def backwards(self, work: Work) -> "Engine":
        """The comparison the other way round, brief and with a budget of its own, of the boxes that this one made."""
        other = Engine(self.new, self.old, self.kind, work, brief=True)
        other.accesses = {Side.OLD: self.accesses[Side.NEW], Side.NEW: self.accesses[Side.OLD]}
        return other

    @cached_property
    def accesses(self) -> dict[Side, Access]:
        """Both sides as boxes, with the policy variables left in."""
        return {side: Access.of(documents, self.asker.written) for side, documents in self._sides.items()}

    @property
    def _sides(self) -> dict[Side, AccessPolicies]:
        return {Side.OLD: self.old, Side.NEW: self.new}

    def finds_nothing(self) -> bool:
        """Whether it is proved that nothing is newly allowed; stops at the first thing that speaks against it."""
        try:
            for part in self._parts():
                self._ask(part)
                if self._found or self._doubts:
                    return False
        except BudgetExceededError:
            return False
        return True

    def _parts(self) -> Iterator[Part]:
        for question in Questions(self.accesses[Side.OLD], self.accesses[Side.NEW]):
            yield from self.asker.parts(question)

    def run(self) -> Outcome:
        """Asks everything. Never raises BudgetExceededError: what it could not afford is among the unknowns."""
        unknowns: list[Reason] = []
        try:
            for part in self._parts():
                self._ask(part)
        except BudgetExceededError:
            unknowns.append(_too_much_work())
        unknowns.extend(doubt for group, doubt in self._doubts.items() if group not in self._found)
        return Outcome(list(self._found.values()), unknowns)

    def opens(self, expansion: Expansion, wanted: Wanted) -> bool:
        """Whether some of the newly allowed requests pass the tests. Raises BudgetExceededError."""
        return self.asker.opens(expansion, wanted)

    def allows(self, side: Side, service: str, wanted: Wanted) -> bool:
        """Whether one side allows some request to a service that passes the tests. Raises BudgetExceededError."""
        return self.asker.allows(self.accesses[side], service, wanted)

    def _ask(self, part: Part) -> None:
        question, region = part.question, part.region
        group = (question.cause, id(question.responsible))
        if self.brief and group in self._found:
            return
        parts = self.search.parts_outside(region, [box.tests for box in question.outside])
        first = next(parts, None)
        if first is None:
            return
        scene = self._scene(part.world)
        complete = self._count_all(group, question, region, scene)
        if group not in self._found:
            self._settle_for_any(group, question, [first, *islice(parts, _TRIED_PARTS)], scene)
        if group in self._found and not complete:
            self._found[group].is_complete = False
        if group in self._found:
            self._found[group].parts.append(part)

    def _count_all(self, group: _Group, question: Question, region: Region, scene: Scene) -> bool:
        """Counts the catalogue's actions; false if the budget did not allow to count all of them. Once it did not, one
        action is enough for each cause that follows, so that something is left for all of them."""
        brief = self.brief or self._saving
        try:
            with self.work.keeping(_KEPT_FOR_THE_REST):
                counted = self._found[group].actions if group in self._found else {}
                for opening in openings(self.search, region, question, counted.keys(), brief=brief):
                    self._count(group, question, opening, scene)
                    if brief and group in self._found:
                        break
        except BudgetExceededError:
            self._saving = True
            return not brief and group not in self._found and self._count_all(group, question, region, scene)
        return not self._saving

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


def _oriented(side: AccessPolicies, fixed: frozenset[Direction]) -> AccessPolicies:
    boundary = None if side.boundary is None else tuple(oriented_policy(policy, fixed) for policy in side.boundary)
    return AccessPolicies(tuple(oriented_policy(policy, fixed) for policy in side.policies), boundary)


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
