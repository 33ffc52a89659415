"""A set of words given by patterns: the union of what they match.

`Words` is what one element of a statement says (its resources, its actions, the values of a condition). Two of them are
equal when their patterns are; hashes are computed once, for they are the keys of every cache above.
"""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Final

from towpath.privilege.language.machine import Machine
from towpath.privilege.language.pattern import Letter, Pattern, Run, Word, compatible, is_plain

_FEW: Final = 8
_LAST: Final = chr(0x10FFFF)


class Words:
    """The union of some patterns."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns: Final = tuple(dict.fromkeys(patterns))
        self.patterns_set: Final = frozenset(self.patterns)
        self._hash: Final = hash(self.patterns_set)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Words) and self._hash == other._hash and self.patterns_set == other.patterns_set

    def __repr__(self) -> str:
        return f"Words({self.patterns!r})"

    @cached_property
    def machine(self) -> Machine:
        """All patterns as one automaton."""
        return Machine(self.patterns)

    @cached_property
    def is_everything(self) -> bool:
        return any(pattern.tokens == (Run(),) for pattern in self.patterns)

    @cached_property
    def exact_words(self) -> frozenset[Word]:
        """The words of those patterns that match one word only."""
        return frozenset(pattern.word for pattern in self.patterns if pattern.is_exact)

    @cached_property
    def _open(self) -> tuple[Pattern, ...]:
        return tuple(pattern for pattern in self.patterns if not pattern.is_exact)

    @cached_property
    def open_machine(self) -> Machine:
        """Those of the patterns that match several words, as one automaton."""
        return Machine(self._open)

    @cached_property
    def beginnings(self) -> frozenset[str] | None:
        """What every word begins with, one of these; None when that is not limited."""
        found = frozenset(pattern.prefix for pattern in self.patterns)
        return None if "" in found else found

    @cached_property
    def least_prefix(self) -> int:
        """How many characters at least every word is known to begin with."""
        return min((len(pattern.prefix) for pattern in self.patterns), default=0)

    @cached_property
    def least_literals(self) -> int:
        """How many known characters at least are in every word."""
        return min((len(pattern.literals) for pattern in self.patterns), default=0)

    @cached_property
    def _by_beginning(self) -> dict[str, list[Pattern]]:
        found: dict[str, list[Pattern]] = {}
        for pattern in self.patterns:
            found.setdefault(pattern.prefix, []).append(pattern)
        return found

    @cached_property
    def _sorted_beginnings(self) -> list[str]:
        return sorted(self._by_beginning)

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(beginning) for beginning in self._by_beginning})

    def near(self, pattern: Pattern) -> list[Pattern]:
        """The patterns that may match a word of `pattern`, judged by what they begin and end with."""
        if len(self.patterns) < _FEW:
            return [candidate for candidate in self.patterns if compatible(pattern, candidate)]
        prefix = pattern.prefix
        shorter = (prefix[:length] for length in self._lengths if length < len(prefix))
        first = bisect_left(self._sorted_beginnings, prefix)
        last = bisect_left(self._sorted_beginnings, prefix + _LAST)
        beginnings = [*shorter, *self._sorted_beginnings[first:last]]
        found = (candidate for beginning in beginnings for candidate in self._by_beginning.get(beginning, ()))
        return [candidate for candidate in found if compatible(pattern, candidate)]

    @cached_property
    def has_free_letters(self) -> bool:
        return any(pattern.has_free_letters for pattern in self.patterns)

    @cached_property
    def loosened(self) -> "Words":
        """The set with any text in place of free letters: never smaller."""
        return Words(pattern.loosened for pattern in self.patterns) if self.has_free_letters else self

    @cached_property
    def has_letters(self) -> bool:
        return any(pattern.has_letters for pattern in self.patterns)

    @cached_property
    def unbound(self) -> "Words":
        """The set with any text in place of all letters: never smaller."""
        return Words(pattern.unbound for pattern in self.patterns) if self.has_letters else self

    @cached_property
    def letters(self) -> frozenset[Letter]:
        """The unknown strings that the patterns match, also in another case where case does not count."""
        return frozenset[Letter]().union(*(letters_of(pattern) for pattern in self.patterns))

    def accepts(self, word: Word) -> bool:
        """Whether some pattern matches the word. Most of the few patterns of a statement are decided by their
        beginning."""
        if word in self.exact_words:
            return True
        if len(self._open) < _FEW and is_plain(word):
            near = [pattern for pattern in self._open if word[: len(pattern.prefix)] == pattern.beginning]
            if all(pattern.least_more is not None for pattern in near):
                return any(len(word) >= len(pattern.prefix) + (pattern.least_more or 0) for pattern in near)
        return _accepts(self, word)

    def covers(self, pattern: Pattern) -> bool:
        """True only if one of these patterns matches everything that `pattern` does."""
        if pattern.is_exact:
            return self.accepts(pattern.word)
        if len(self._open) < _FEW:
            near = [other for other in self._open if compatible(pattern, other)]
            if not near:
                return False
            if any(other.least_more == 0 and pattern.prefix.startswith(other.prefix) for other in near):
                return True
        return self.open_machine.covers(pattern)


@lru_cache(maxsize=4096)
def _accepts(words: Words, word: Word) -> bool:
    """The names of actions are asked for again and again."""
    return words.open_machine.accepts(word)


def letters_of(pattern: Pattern) -> set[Letter]:
    """The unknown strings that one pattern matches."""
    found = {token for token in pattern.tokens if isinstance(token, Letter)}
    return found | {letter.respelled for letter in found} if pattern.fold else found


EVERYTHING: Final = Words((Pattern((Run(),)),))
NOTHING: Final = Words(())
