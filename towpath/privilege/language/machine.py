"""Which words a set of patterns matches, read one symbol at a time.

All patterns of the set run side by side in the bits of one integer: bit i says that the tokens before position i have
matched (Baeza-Yates and Gonnet's shift-and, with wildcards). Reading a symbol is one shift and two masks.
"""

from collections.abc import Iterable

from towpath.privilege.language.pattern import Letter, One, Pattern, Run, Symbol, Token, Variable


class Machine:
    """The patterns as one automaton. Its states are integers; 0 is the dead one."""

    __slots__ = (
        "_expected",
        "_letters",
        "_literals",
        "_masks",
        "_one_or_more",
        "_ones",
        "_open",
        "_runs",
        "_spans",
        "characters",
        "final",
        "size",
        "start",
        "universal",
    )

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.start = 0
        self.final = 0
        self._spans: list[int] = []
        self._literals: dict[str, int] = {}
        self._letters: dict[Letter, int] = {}
        self._ones: dict[str, int] = {}
        self._one_or_more = 0
        self._runs: dict[str, int] = {}
        self._masks: dict[Symbol, tuple[int, int]] = {}
        bit = 1
        for pattern in patterns:
            bit = self._add(pattern, bit)
        self.universal = self.final & self._runs.get("", 0)
        """The positions from which every continuation is accepted."""
        self.characters = frozenset(self._literals)
        self.size = bit.bit_length()
        self._open = _union(self._runs.values()) | _union(self._ones.values())
        self._expected: dict[int, tuple[Symbol, ...]] = {}

    def _add(self, pattern: Pattern, bit: int) -> int:
        """Lays the pattern out from `bit` on; returns the first bit after it."""
        self.start |= bit
        first = bit
        for token, following in zip(pattern.tokens, (*pattern.tokens[1:], None), strict=False):
            if isinstance(token, Run):
                self._runs[token.excluded] = self._runs.get(token.excluded, 0) | bit
                continue
            self._expect(token, bit, fold=pattern.fold)
            if isinstance(token, One) and isinstance(following, Run):
                self._one_or_more |= bit
            bit <<= 1
        self.final |= bit
        self._spans.append((bit << 1) - first)
        return bit << 1

    def _expect(self, token: Token, bit: int, *, fold: bool) -> None:
        if isinstance(token, str):
            for character in {token, token.upper()} if fold else (token,):
                self._literals[character] = self._literals.get(character, 0) | bit
        elif isinstance(token, One):
            self._ones[token.excluded] = self._ones.get(token.excluded, 0) | bit
        elif isinstance(token, Letter):
            for letter in (token, token.respelled) if fold else (token,):
                self._letters[letter] = self._letters.get(letter, 0) | bit
        elif isinstance(token, Variable):
            raise TypeError("a policy variable must be replaced before its pattern is run")

    def masks(self, symbol: Symbol) -> tuple[int, int]:
        """Which positions move on when they read the symbol, and which stay. A letter is an unknown string of one or
        more characters: `?` does not match it, `*` and `?*` do."""
        known = self._masks.get(symbol)
        if known is None:
            known = self._masks[symbol] = self._masks_of(symbol)
        return known

    def _masks_of(self, symbol: Symbol) -> tuple[int, int]:
        if isinstance(symbol, Letter):
            return self._letters.get(symbol, 0) | self._one_or_more, _union(self._runs.values())
        move = self._literals.get(symbol, 0)
        move |= _union(mask for excluded, mask in self._ones.items() if symbol not in excluded)
        return move, _union(mask for excluded, mask in self._runs.items() if symbol not in excluded)

    def step(self, state: int, symbol: Symbol) -> int:
        """The state after one more symbol."""
        move, stay = self.masks(symbol)
        reached = ((state & move) << 1) | (state & stay)
        if isinstance(symbol, Letter) and symbol.within is not None:
            reached |= self.after_all(state, symbol.within)
        return reached

    def after_all(self, state: int, pattern: Pattern) -> int:
        """Positions that are reached by every word of a pattern: its wildcards are read as if they were symbols that
        only an equal or wider wildcard matches. Sound, and complete but for what several patterns match together."""
        for token in pattern.tokens:
            move, stay = self._masks_of_token(token, fold=pattern.fold)
            reached = ((state & move) << 1) | (state & stay)
            if isinstance(token, Letter) and token.within is not None and not pattern.fold:
                reached |= self.after_all(state, token.within)
            state = reached
            if not state:
                break
        return state

    def jump(self, state: int) -> int:
        """Every position that can be reached from the state by reading some text or other."""
        reached = 0
        for span in self._spans:
            begun = state & span
            if begun:
                reached |= span & ~((begun & -begun) - 1)
        return reached

    def after(self, state: int, word: Iterable[Symbol]) -> int:
        """The state after some more symbols."""
        known = self._masks
        for symbol in word:
            if symbol.__class__ is str:
                move, stay = known.get(symbol) or self.masks(symbol)
                state = ((state & move) << 1) | (state & stay)
            else:
                state = self.step(state, symbol)
            if not state:
                break
        return state

    def expected(self, state: int) -> tuple[Symbol, ...] | None:
        """The only symbols that can be read next; None where a wildcard can read any."""
        if state & self._open:
            return None
        known = self._expected.get(state)
        if known is None:
            masks = (*self._literals.items(), *self._letters.items())
            known = self._expected[state] = tuple(symbol for symbol, mask in masks if mask & state)
        return known

    def accepts(self, word: Iterable[Symbol]) -> bool:
        """Whether some pattern matches the word."""
        return bool(self.after(self.start, word) & self.final)

    def covers(self, pattern: Pattern) -> bool:
        """True only if one of the patterns matches everything that `pattern` does."""
        return bool(self.after_all(self.start, pattern) & self.final)

    def _masks_of_token(self, token: Token, *, fold: bool) -> tuple[int, int]:
        if isinstance(token, (Run, One)):
            wider = _union(mask for excluded, mask in self._runs.items() if set(excluded) <= set(token.excluded))
            if isinstance(token, Run):
                return 0, wider
            return _union(mask for excluded, mask in self._ones.items() if set(excluded) <= set(token.excluded)), wider
        if isinstance(token, Variable):
            raise TypeError("a policy variable must be replaced before its pattern is run")
        move, stay = self.masks(token)
        if fold:
            upper_move, upper_stay = self.masks(token.respelled if isinstance(token, Letter) else token.upper())
            return move & upper_move, stay & upper_stay
        return move, stay


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
