"""What may still be true of one context key: present or absent, and which values it may hold.

Every condition line says one thing of its key: all of its values (or some of them) lie in a set, and an absent key
matches or does not. The opposite of such a line has the same form, so conjunctions of lines and of their opposites are
decided exactly, each kind of value on its own. Where one key is compared both as a text and as a number, the texts are
tried one by one if they are written out; else the kinds are taken to be independent: that can only make more requests
seem possible, never fewer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from towpath.privilege.conditions.values import address, moment, number
from towpath.privilege.language.pattern import Word, written
from towpath.privilege.language.ranges import Ranges
from towpath.privilege.language.search import find_word
from towpath.privilege.language.words import EVERYTHING, Words
from towpath.privilege.language.work import Work

Line = Literal["number", "time", "address"]


@dataclass(frozen=True, slots=True)
class TextTest:
    """The value is one of the words, or is none of them."""

    words: Words
    positive: bool = True

    def opposite(self) -> "TextTest":
        return TextTest(self.words, not self.positive)


@dataclass(frozen=True, slots=True)
class RangeTest:
    """The value lies in the ranges of a line."""

    line: Line
    ranges: Ranges

    def opposite(self) -> "RangeTest":
        return RangeTest(self.line, self.ranges.complement())


@dataclass(frozen=True, slots=True)
class OpaqueTest:
    """A comparison with something that is not known, equal only to itself; it may hold or not.

    `example` is a text that passes whatever the unknown is, if there is one: the unknown itself, where equality counts.
    """

    name: str
    example: str = ""
    positive: bool = True

    def opposite(self) -> "OpaqueTest":
        return replace(self, positive=not self.positive)


ValueTest = TextTest | RangeTest | OpaqueTest

ANY_VALUE = TextTest(EVERYTHING)


@dataclass(frozen=True, slots=True)
class KeyTest:
    """`every` value (or some value) passes the test; `absent` says whether an absent key matches."""

    absent: bool
    every: bool
    value: ValueTest

    def opposite(self) -> "KeyTest":
        return KeyTest(not self.absent, not self.every, self.value.opposite())


ABSENT = KeyTest(absent=True, every=True, value=ANY_VALUE.opposite())
PRESENT = ABSENT.opposite()


@dataclass(frozen=True, slots=True)
class Sample:
    """A value that passes: a word, or a value on a line; neither when anything does."""

    word: Word | None = None
    line: Line | None = None
    ranges: Ranges | None = None


@dataclass(frozen=True, slots=True)
class KeyCell:
    """The tests that one key has to pass, and those that it has to fail in the form of their opposites."""

    single: bool
    absent: bool = True
    every: frozenset[ValueTest] = frozenset()
    some: frozenset[ValueTest] = frozenset()

    def assume(self, test: KeyTest) -> "KeyCell":
        """What is left when the test passes."""
        absent = self.absent and test.absent
        if test.every or self.single:
            return replace(self, absent=absent, every=self.every | {test.value})
        return replace(self, absent=absent, some=self.some | {test.value})

    def is_possible(self, work: Work) -> bool:
        return self.absent or self.samples(work) is not None

    def samples(self, work: Work) -> list[Sample] | None:
        """Values that make a present key pass; None if there are none."""
        found: list[Sample] = []
        for test in self.some or [ANY_VALUE]:
            sample = find_value((*self.every, test), work)
            if sample is None:
                return None
            found.append(sample)
        return found


def find_value(tests: Iterable[ValueTest], work: Work) -> Sample | None:
    """One value that passes all tests, kind by kind; None if there is none."""
    listed = list(tests)
    opaque = [test for test in listed if isinstance(test, OpaqueTest)]
    if _contradict(opaque):
        return None
    placed = _intersect([test for test in listed if isinstance(test, RangeTest)])
    if any(ranges.is_empty for ranges in placed.values()):
        return None
    texts = [test for test in listed if isinstance(test, TextTest)]
    finite = next((test for test in texts if test.positive and _is_finite(test.words)), None) if placed else None
    if finite is not None and not opaque:
        fitting = (word for word in finite.words.exact_words if _passes(word, texts, placed))
        found = min(fitting, key=written, default=None)
        return None if found is None else Sample(found)
    word = find_word(
        [test.words for test in texts if test.positive], [test.words for test in texts if not test.positive], work
    )
    if word is None:
        return None
    example = next((test.example for test in opaque if test.positive and test.example), "")
    if example:
        return Sample(tuple(example))
    for line, ranges in placed.items():
        return Sample(word if texts and ranges.others else None, line, ranges)
    return Sample(word)


_PLACES: Final = {"number": number, "time": moment, "address": address}


def _is_finite(words: Words) -> bool:
    return all(pattern.is_exact and not pattern.has_letters for pattern in words.patterns)


def _passes(word: Word, texts: Iterable[TextTest], placed: dict[Line, Ranges]) -> bool:
    if any(test.words.accepts(word) is not test.positive for test in texts):
        return False
    places = ((_PLACES[line](written(word)), ranges) for line, ranges in placed.items())
    return all(ranges.others if place is None else place in ranges for place, ranges in places)


def _contradict(tests: Sequence[OpaqueTest]) -> bool:
    return any(test.opposite() in tests for test in tests)


def _intersect(tests: Sequence[RangeTest]) -> dict[Line, Ranges]:
    placed: dict[Line, Ranges] = {}
    for test in tests:
        placed[test.line] = placed[test.line] & test.ranges if test.line in placed else test.ranges
    return placed
