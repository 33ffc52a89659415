"""Finds the boxes that may share a request with others, without looking at all of them.

Two boxes are apart for certain when they name different services, or resources that begin differently.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from towpath.privilege.boxes import RESOURCE, Box
from towpath.privilege.conditions.cell import TextTest

_LAST = chr(0x10FFFF)


class BoxIndex:
    """Some boxes, in order, by the services of their actions and by what their resources begin with."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = tuple(boxes)
        self._anywhere: set[int] = set()
        self._at: dict[str, set[int]] = {}
        for number, box in enumerate(self.boxes):
            beginnings = _beginnings(box)
            if beginnings is None:
                self._anywhere.add(number)
            for beginning in beginnings or ():
                self._at.setdefault(beginning, set()).add(number)
        self._sorted = sorted(self._at)
        self._lengths = sorted({len(beginning) for beginning in self._at})

    def near(self, others: Iterable[Box]) -> list[Box]:
        """The boxes that may share a request with all of the others, in their order."""
        listed = list(others)
        limits = [beginnings for box in listed if (beginnings := _beginnings(box)) is not None]
        numbers: Iterable[int] = range(len(self.boxes))
        if limits and self._sorted:
            numbers = sorted(self._numbers(min(limits, key=len)))
        services = _common_services(listed)
        return [box for box in (self.boxes[number] for number in numbers) if _shares(box.services, services)]

    def _numbers(self, beginnings: Iterable[str]) -> set[int]:
        found = set(self._anywhere)
        for beginning in beginnings:
            for length in self._lengths:
                if length >= len(beginning):
                    break
                found |= self._at.get(beginning[:length], set())
            first = bisect_left(self._sorted, beginning)
            for longer in self._sorted[first : bisect_left(self._sorted, beginning + _LAST)]:
                found |= self._at[longer]
        return found


def _beginnings(box: Box) -> frozenset[str] | None:
    """What the resources of a box begin with; None when that is not limited."""
    for name, test in box.tests:
        if name == RESOURCE and isinstance(test, TextTest) and test.positive:
            return test.words.beginnings
    return None


def _common_services(boxes: Iterable[Box]) -> frozenset[str] | None:
    common: frozenset[str] | None = None
    for box in boxes:
        if box.services is not None:
            common = box.services if common is None else common & box.services
    return common


def _shares(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return one is None or other is None or not one.isdisjoint(other)
