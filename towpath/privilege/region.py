"""Is there a request in this region and in none of those boxes? The search that every answer of the engine rests on.

It works like a SAT solver over the tests of the boxes: a box is escaped when one of its tests fails; a test that cannot
fail in the region is dropped, a box with one test left forces its failure, and only then is there a choice to make.
Each dimension decides exactly whether tests and their opposites can hold together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from towpath.privilege.boxes import Cell, Test, WordCell, fresh
from towpath.privilege.conditions.cell import KeyCell, KeyTest, TextTest
from towpath.privilege.language.pattern import Word, is_plain
from towpath.privilege.language.search import find_word
from towpath.privilege.language.work import Work

_LETTERS_A_STEP: Final = 32
"""How many letters of a word are read for one step of the work budget."""
_STEPS_A_TEST: Final = 4
_ENTRIES_A_STEP: Final = 16
"""How many dimensions of a region, or open boxes, are copied for one step of the work budget."""
Region = dict[str, Cell]
Tests = tuple[tuple[str, Test], ...]


@dataclass(slots=True)
class Search:
    """The searches of one comparison; they share the work budget and what was found out about pairs of tests."""

    work: Work
    qualified: frozenset[str] = frozenset()
    """The context keys that some policy reads as a set of values."""
    _possible: dict[Cell, bool] = field(default_factory=dict[Cell, bool])
    _examples: dict[WordCell, Word] = field(default_factory=dict[WordCell, Word])
    """A plain word for each cell for which one was found that is in it whatever the unknown parts are; what keeps the
    word needs no search."""

    def within(self, region: Region, tests: Tests) -> Region | None:
        """The part of the region in which all tests pass; None if there is none."""
        narrowed = dict(region)
        for name, test in tests:
            cell = self._assume(narrowed, name, test)
            if not self.is_possible(cell):
                return None
            narrowed[name] = cell
        return narrowed

    def outside(self, region: Region, boxes: Iterable[Tests]) -> Region | None:
        """A part of the region that no box touches; None if the boxes cover the region."""
        return next(self.parts_outside(region, boxes), None)

    def parts_outside(self, region: Region, boxes: Iterable[Tests]) -> Iterator[Region]:
        """All parts of the region that no box touches, one after the other; no two overlap.

        Raises BudgetExceededError when the work budget runs out first.
        """
        waiting: list[tuple[Region, list[Tests]]] = [(region, list(boxes))]
        while waiting:
            self.work.spend()
            settled = self._settle(*waiting.pop())
            if settled is None:
                continue
            left, pending = settled
            if not pending:
                yield left
                continue
            waiting.extend(reversed(list(self._choices(left, pending))))

    def _settle(self, region: Region, boxes: list[Tests]) -> tuple[Region, list[Tests]] | None:
        """Draws the conclusions that need no choice: the region without what is forced, and the boxes still open."""
        changed = True
        while changed:
            changed = False
            pending: list[Tests] = []
            for box in boxes:
                still_open = self._open_tests(region, box)
                if still_open is None:
                    continue
                if not still_open:
                    return None
                if len(still_open) == 1:
                    name, test = still_open[0]
                    region = {**region, name: self._assume(region, name, test.opposite())}
                    changed = True
                else:
                    pending.append(still_open)
            boxes = pending
        return region, boxes

    def _open_tests(self, region: Region, box: Tests) -> Tests | None:
        """The tests of a box that can pass and can fail in the region; None if the box does not touch the region."""
        self.work.spend(_STEPS_A_TEST * len(box))
        still_open = [
            (name, test) for name, test in box if self.is_possible(self._assume(region, name, test.opposite()))
        ]
        if len(still_open) > 1 and any(
            not self.is_possible(self._assume(region, name, test)) for name, test in still_open
        ):
            return None
        return tuple(still_open)

    def _choices(self, region: Region, pending: Sequence[Tests]) -> Iterable[tuple[Region, list[Tests]]]:
        """Every way to escape the box with the fewest open tests, no two of which overlap."""
        chosen = min(range(len(pending)), key=lambda index: len(pending[index]))
        rest = [*pending[:chosen], *pending[chosen + 1 :]]
        for name, test in pending[chosen]:
            self.work.spend((len(region) + len(rest)) // _ENTRIES_A_STEP)
            yield {**region, name: self._assume(region, name, test.opposite())}, rest
            region = {**region, name: self._assume(region, name, test)}
            if not self.is_possible(region[name]):
                return

    def is_possible(self, cell: Cell) -> bool:
        known = self._possible.get(cell)
        if known is None:
            known = self._possible[cell] = self._find(cell)
        return known

    def _find(self, cell: Cell) -> bool:
        if isinstance(cell, KeyCell):
            return cell.is_possible(self.work)
        if cell in self._examples:
            return True
        word = find_word(cell.inside, cell.outside, self.work)
        if word is not None and is_plain(word) and cell.accepts(word):
            self._examples[cell] = word
        return word is not None

    def _assume(self, region: Region, name: str, test: Test) -> Cell:
        cell = region.get(name)
        if cell is None:
            cell = fresh(name, self.qualified)
        if isinstance(cell, KeyCell):
            return cell.assume(cast("KeyTest", test))
        told = cast("TextTest", test)
        narrowed = cell.assume(told)
        example = self._examples.get(cell)
        if example is not None:
            self.work.spend(len(example) // _LETTERS_A_STEP)
            if told.words.accepts(example) is told.positive:
                self._examples[narrowed] = example
        return narrowed
