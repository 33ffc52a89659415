"""A set of values on one ordered line: numbers, moments or addresses, as a list of intervals.

An interval ends at a cut, a place between two values: `(value, 0)` lies just before the value, `(value, 1)` just after
it. On lines of whole values (addresses) only cuts before values are used, so that neighbours meet. `others` says
whether values that do not lie on the line at all (a word where a number is due) belong to the set.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

Cut = tuple[Fraction | float, int]

LEAST: Cut = (-math.inf, 1)
MOST: Cut = (math.inf, 0)


@dataclass(frozen=True, slots=True)
class Ranges:
    """The union of the intervals between cuts 0 and 1, 2 and 3, and so on; cuts are sorted and all different."""

    cuts: tuple[Cut, ...]
    others: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.cuts and not self.others

    def __contains__(self, value: Fraction) -> bool:
        return bisect_right(self.cuts, (value, 0.5)) % 2 == 1

    def complement(self) -> "Ranges":
        inner = self.cuts[1:] if self.cuts[:1] == (LEAST,) else (LEAST, *self.cuts)
        outer = inner[:-1] if inner[-1:] == (MOST,) else (*inner, MOST)
        return Ranges(outer, not self.others)

    def __and__(self, other: "Ranges") -> "Ranges":
        cuts: list[Cut] = []
        for cut in sorted({*self.cuts, *other.cuts}):
            both = self._covers_after(cut) and other._covers_after(cut)
            if both != (len(cuts) % 2 == 1):
                cuts.append(cut)
        return Ranges(tuple(cuts), self.others and other.others)

    def _covers_after(self, cut: Cut) -> bool:
        return bisect_right(self.cuts, cut) % 2 == 1

    def __or__(self, other: "Ranges") -> "Ranges":
        return (self.complement() & other.complement()).complement()

    def sample(self) -> Fraction | None:
        """A value of the set that lies on the line, a round one where there is one."""
        for low, high in pairwise(self.cuts):
            value = _between(low, high)
            if value in self:
                return value
        return None


def _between(low: Cut, high: Cut) -> Fraction:
    """A value between two cuts, whole if possible and as near to the finite end as possible."""
    if low[0] == -math.inf:
        return Fraction(0) if high[0] == math.inf else Fraction(math.ceil(high[0]) - 1 if high[1] == 0 else high[0])
    first = Fraction(low[0]) if low[1] == 0 else Fraction(math.floor(low[0]) + 1)
    if high[0] == math.inf or (first, 0) < high:
        return first if low[1] or first.denominator == 1 else _whole_or(first, high)
    return (Fraction(low[0]) + Fraction(high[0])) / 2


def _whole_or(first: Fraction, high: Cut) -> Fraction:
    whole = Fraction(math.ceil(first))
    return whole if (whole, 0) < high else first


def union_of(sets: Iterable[Ranges]) -> Ranges:
    """All of the sets together."""
    listed = list(sets)
    cuts: list[Cut] = []
    for low, high in sorted(interval for item in listed for interval in _intervals(item)):
        if not cuts or cuts[-1] < low:
            cuts += [low, high]
        else:
            cuts[-1] = max(cuts[-1], high)
    return Ranges(tuple(cuts), any(item.others for item in listed))


def _intervals(item: Ranges) -> Iterator[tuple[Cut, Cut]]:
    return zip(item.cuts[::2], item.cuts[1::2], strict=True)


ALL = Ranges((LEAST, MOST), others=True)
NONE = Ranges(())
