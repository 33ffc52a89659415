"""Puts questions about boxes to the search, once under every assumption about the policy variables in them.

Only the variables of the statements in question count: a policy may use many, one question rarely does.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from towpath.privilege.access import Access, Question
from towpath.privilege.boxes import Box, Meaning, requests_to
from towpath.privilege.expansion import Expansion, Part
from towpath.privilege.language.reading import Assumptions
from towpath.privilege.region import Region, Search, Tests
from towpath.privilege.worlds import World, worlds

Wanted = Callable[[World], Tests | None]
"""Further tests under an assumption; None when nothing can pass under it."""


@dataclass(slots=True)
class Asker:
    """The boxes of one comparison under assumptions. `written` reads statements with their variables left in."""

    written: Meaning
    search: Search
    _known: dict[tuple[int, frozenset[tuple[str, object]]], Box] = field(
        default_factory=dict[tuple[int, frozenset[tuple[str, object]]], Box]
    )

    def parts(self, question: Question) -> Iterator[Part]:
        """The question under each assumption under which its inside boxes have anything in common."""
        boxes = (*question.inside, *question.outside)
        for world in _worlds(boxes):
            inside = tuple(self._under(world.assumptions, box) for box in question.inside)
            region = self.common(self.search.within(requests_to(self.written.kind), world.tests), inside)
            if region is not None:
                outside = tuple(self._under(world.assumptions, box) for box in question.outside)
                yield Part(Question(question.cause, inside, outside, question.responsible), region, world)

    def common(self, region: Region | None, boxes: Iterable[Box]) -> Region | None:
        """The part of a region that all boxes have in common; None if there is none."""
        for box in boxes:
            region = None if region is None else self.search.within(region, box.tests)
        return region

    def _under(self, assumptions: Assumptions, box: Box) -> Box:
        if not box.variables:
            return box
        key = (id(box), frozenset((name, assumptions.get(name)) for name in box.variables))
        if key not in self._known:
            meaning = Meaning(self.written.kind, self.written.around, assumptions)
            self._known[key] = meaning.box(box.statement)
        return self._known[key]

    def opens(self, expansion: Expansion, wanted: Wanted) -> bool:
        """Whether some of the newly allowed requests pass the tests. Raises BudgetExceededError."""
        for part in expansion.parts:
            tests = wanted(part.world)
            region = None if tests is None else self.search.within(part.region, tests)
            outside = [box.tests for box in part.question.outside]
            if region is not None and self.search.outside(region, outside) is not None:
                return True
        return False

    def allows(self, access: Access, service: str, wanted: Wanted) -> bool:
        """Whether an access allows some request to a service that passes the tests. Raises BudgetExceededError."""
        denies = [box for box in access.denies if box.is_about(service)]
        for allow in access.allows:
            if not allow.is_about(service):
                continue
            for ceiling in [None] if access.ceilings is None else access.ceilings:
                inside = [allow] if ceiling is None else [allow, ceiling]
                if self._is_open(inside, denies, wanted):
                    return True
        return False

    def _is_open(self, inside: list[Box], outside: list[Box], wanted: Wanted) -> bool:
        for world in _worlds((*inside, *outside)):
            tests = wanted(world)
            if tests is None:
                continue
            start = self.search.within(requests_to(self.written.kind), (*world.tests, *tests))
            region = self.common(start, [self._under(world.assumptions, box) for box in inside])
            apart = [self._under(world.assumptions, box).tests for box in outside]
            if region is not None and self.search.outside(region, apart) is not None:
                return True
        return False


def _worlds(boxes: Sequence[Box]) -> Iterable[World]:
    if not any(box.variables for box in boxes):
        return (World(),)
    return worlds([box.statement for box in boxes])
