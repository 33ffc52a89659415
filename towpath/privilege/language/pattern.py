"""What one pattern of a policy is: a sequence of characters, wildcards, unknown values and policy variables.

A `Letter` stands for an unknown string and is equal only to itself; a `Variable` is a policy variable that has not been
replaced by a value yet. Patterns are immutable and compare by what they say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Letter:
    """An unknown string of one or more characters: a template's symbol, or the value of a context key.

    A symbol is equal only to itself. A key's value (`free`) may be any string; see `search`. With `within`, it is known
    to be a word of that pattern. `case_of` is the letter of which this one is the text in another case.
    """

    name: str
    free: bool = False
    within: "Pattern | None" = None
    case_of: "Letter | None" = None

    @property
    def respelled(self) -> "Letter":
        """The same text in another case: what a pattern that folds case matches besides the letter itself."""
        return Letter(self.name.swapcase(), self.free, case_of=self)


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}` before its value is known. `key` is in lower case."""

    key: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Any number of characters, none of them in `excluded`."""

    excluded: str = ""


@dataclass(frozen=True, slots=True)
class One:
    """Exactly one character that is not in `excluded`."""

    excluded: str = ""


Token = str | Letter | Variable | Run | One
"""A string token is one character that stands for itself (in either case, where the pattern folds case)."""

Symbol = str | Letter
"""What a word is made of: one character, or a letter."""

Word = tuple[Symbol, ...]


@dataclass(frozen=True)
class Pattern:
    """A sequence of tokens; with `fold`, characters are in lower case and match either case."""

    tokens: tuple[Token, ...]
    fold: bool = False

    @cached_property
    def _hash(self) -> int:
        return hash((self.tokens, self.fold))

    def __hash__(self) -> int:
        """Computed once: patterns are looked up far more often than they are made."""
        return self._hash

    @cached_property
    def prefix(self) -> str:
        """The characters before the first wildcard or unknown; empty where case is folded."""
        return "" if self.fold else _leading(self.tokens)

    @cached_property
    def beginning(self) -> Word:
        """The same as a word, to compare with other words."""
        return tuple(self.prefix)

    @cached_property
    def least_more(self) -> int | None:
        """With how many more symbols at least words that begin with the prefix match, if that is all it takes."""
        rest = () if self.fold else self.tokens[len(self.prefix) :]
        if rest == (Run(),):
            return 0
        return 1 if rest == (One(), Run()) else None

    @cached_property
    def suffix(self) -> str:
        """The characters after the last wildcard or unknown, read backwards; empty where case is folded."""
        return "" if self.fold else _leading(reversed(self.tokens))

    @cached_property
    def is_exact(self) -> bool:
        """Whether exactly one word matches."""
        return all(self._is_single(token) for token in self.tokens)

    @cached_property
    def literals(self) -> str:
        """The characters that every word contains, in this order."""
        return "".join(token for token in self.tokens if isinstance(token, str))

    @cached_property
    def word(self) -> Word:
        """The one word that an exact pattern matches."""
        return tuple(token for token in self.tokens if isinstance(token, (str, Letter)))

    @cached_property
    def has_free_letters(self) -> bool:
        return any(isinstance(token, Letter) and token.free for token in self.tokens)

    @cached_property
    def has_letters(self) -> bool:
        return any(isinstance(token, Letter) for token in self.tokens)

    @cached_property
    def loosened(self) -> "Pattern":
        """The pattern with any text in place of its free letters."""
        return self._without(frozenset(token for token in self.tokens if isinstance(token, Letter) and token.free))

    @cached_property
    def unbound(self) -> "Pattern":
        """The pattern with any text in place of all its letters."""
        return self._without(frozenset(token for token in self.tokens if isinstance(token, Letter)))

    def _without(self, letters: frozenset[Letter]) -> "Pattern":
        tokens: list[Token] = []
        for token in self.tokens:
            tokens.extend([One(), Run()] if token in letters else [token])
        return pattern_of(tokens, fold=self.fold)

    @cached_property
    def has_variables(self) -> bool:
        return any(isinstance(token, Variable) for token in self.tokens)

    def _is_single(self, token: Token) -> bool:
        if isinstance(token, Letter):
            return not self.fold
        return isinstance(token, str) and not (self.fold and token.upper() != token)


def _leading(tokens: Iterable[Token]) -> str:
    found: list[str] = []
    for token in tokens:
        if not isinstance(token, str):
            break
        found.append(token)
    return "".join(found)


def pattern_of(tokens: Iterable[Token], *, fold: bool = False) -> Pattern:
    """A pattern in normal form: runs merged, single wildcards before runs, characters folded."""
    kept: list[Token] = []
    for token in tokens:
        if isinstance(token, str) and fold:
            kept.extend(_folded(token))
        elif isinstance(token, One) and kept and kept[-1] == Run(token.excluded):
            kept.insert(len(kept) - 1, token)
        elif not (isinstance(token, Run) and kept and kept[-1] == token):
            kept.append(token)
    return Pattern(tuple(kept), fold)


def _folded(character: str) -> str:
    """Only characters whose two cases are one character each can be folded one by one."""
    lower = character.lower()
    return lower if len(lower) == 1 and len(lower.upper()) == 1 else character


def exactly(text: str, *, fold: bool = False) -> Pattern:
    """The pattern that matches this text only."""
    return pattern_of(text, fold=fold)


def compatible(one: Pattern, other: Pattern) -> bool:
    """False only if no word can match both, judged by what they begin and end with."""
    return _agree(one.prefix, other.prefix) and _agree(one.suffix, other.suffix)


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def is_plain(word: Word) -> bool:
    """Whether the word is a text without letters, so that what it matches is certain."""
    return Letter not in map(type, word)


def written(word: Iterable[Symbol]) -> str:
    """A word as text, letters by name."""
    return "".join(symbol.name if isinstance(symbol, Letter) else symbol for symbol in word)
