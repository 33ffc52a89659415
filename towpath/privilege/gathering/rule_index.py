"""Finds the network rules that overlap another one, without looking at all of them.

Rules of one kind of peer are indexed by addresses and by ports; where one of the two tells few apart, the other one is
asked. An overlap of intervals either contains the start of the other one or starts inside of it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Generic, TypeVar

from towpath.privilege.gathering.network_rule import NetworkRule, Range

T = TypeVar("T")
_FEW: Final = 64
Entry = tuple[NetworkRule, T]


class RuleIndex(Generic[T]):
    """Things by the network rule of each."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        found: defaultdict[str, list[Entry[T]]] = defaultdict(list)
        for entry in entries:
            found[entry[0].peer].append(entry)
        self._peers = {
            peer: (
                items,
                _Intervals([item[0].addresses for item in items]),
                _Intervals([item[0].ports for item in items]),
            )
            for peer, items in found.items()
        }

    def overlapping(self, rule: NetworkRule) -> Iterator[Entry[T]]:
        """The rules that let through some of what `rule` does, each with what belongs to it."""
        if rule.peer not in self._peers:
            return
        items, by_addresses, by_ports = self._peers[rule.peer]
        near: Iterable[int] = by_addresses.overlapping(rule.addresses)
        if _are_many(by_addresses.overlapping(rule.addresses)) and not _are_many(by_ports.overlapping(rule.ports)):
            near = by_ports.overlapping(rule.ports)
        yield from (items[index] for index in near if rule.overlaps(items[index][0]))

    def covers(self, rule: NetworkRule) -> bool:
        """Whether everything that `rule` lets through these rules together let through."""
        left = [rule]
        while left:
            part = left.pop()
            cutting = self._one_overlapping(part)
            if cutting is None:
                return False
            left += part.without(cutting)
        return True

    def _one_overlapping(self, rule: NetworkRule) -> NetworkRule | None:
        """Looks along both indexes at once: often only one of them comes soon upon a rule that overlaps."""
        if rule.peer not in self._peers:
            return None
        items, by_addresses, by_ports = self._peers[rule.peer]
        for pair in zip(by_addresses.overlapping(rule.addresses), by_ports.overlapping(rule.ports), strict=False):
            for index in pair:
                if rule.overlaps(items[index][0]):
                    return items[index][0]
        return None


def _are_many(found: Iterator[int]) -> bool:
    return next(islice(found, _FEW, None), None) is not None


class _Intervals:
    """A static tree of intervals: those that contain its centre, and a tree for those on either side."""

    def __init__(self, intervals: Sequence[Range]) -> None:
        self._ordered = sorted((low, index) for index, (low, _) in enumerate(intervals))
        self._root = _node([(low, high, index) for index, (low, high) in enumerate(intervals)])

    def overlapping(self, asked: Range) -> Iterator[int]:
        """The positions of the intervals that overlap this one."""
        yield from self._containing(asked[0])
        first, last = (bisect_right(self._ordered, (end, len(self._ordered))) for end in asked)
        yield from (index for _, index in self._ordered[first:last])

    def _containing(self, point: int) -> Iterator[int]:
        node = self._root
        while node is not None:
            for low, high, index in node.by_low if point < node.centre else node.by_high:
                if not low <= point <= high:
                    break
                yield index
            node = node.left if point < node.centre else node.right


class _Node:
    __slots__ = ("by_high", "by_low", "centre", "left", "right")

    def __init__(self, intervals: Sequence[tuple[int, int, int]]) -> None:
        self.centre = sorted(intervals)[len(intervals) // 2][0]
        here = [item for item in intervals if item[0] <= self.centre <= item[1]]
        self.by_low = sorted(here)
        self.by_high = sorted(here, key=lambda item: -item[1])
        self.left = _node([item for item in intervals if item[1] < self.centre])
        self.right = _node([item for item in intervals if item[0] > self.centre])


def _node(intervals: Sequence[tuple[int, int, int]]) -> _Node | None:
    return _Node(intervals) if intervals else None
