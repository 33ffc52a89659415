"""Is there a word that all of these sets contain and none of those? And if so, which?

Guesses come first (most questions have easy answers), then coverings by one pattern, then an exact breadth-first search
through the product of the automata, built only as far as it is needed and paid for from the work budget.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from towpath.privilege.language.machine import Machine
from towpath.privilege.language.pattern import Letter, One, Pattern, Run, Symbol, Word
from towpath.privilege.language.words import EVERYTHING, Words
from towpath.privilege.language.work import Work

_FRESH = "xqzwvkyjubnmhgt0123456789XQZWVKYJ"
_FILLINGS = (("example",), (), ("x", "x"))


def find_word(inside: Iterable[Words], outside: Iterable[Words], work: Work) -> Word | None:
    """A word in every set of `inside` and in none of `outside`; None if there is none.

    Raises BudgetExceededError when the work budget runs out first.
    """
    required = sorted({words for words in inside if not words.is_everything}, key=_breadth)
    forbidden = list(dict.fromkeys(outside))
    if any(words.is_everything for words in forbidden):
        return None
    base, others = (required[0], required[1:]) if required else (EVERYTHING, [])
    for pattern in base.patterns:
        work.spend()
        found = _find_in(pattern, others, forbidden, work)
        if found is not None:
            return found
    return None


def _breadth(words: Words) -> tuple[bool, int]:
    """Sets that begin with a known character first, small ones before large ones."""
    return any(not pattern.prefix for pattern in words.patterns), len(words.patterns)


def _find_in(pattern: Pattern, others: Sequence[Words], forbidden: Sequence[Words], work: Work) -> Word | None:
    """The same, among the words of one pattern."""
    if pattern.is_exact:
        word = pattern.word
        fits = all(words.accepts(word) for words in others) and not any(words.accepts(word) for words in forbidden)
        return word if fits else None
    against = Words(other for words in forbidden for other in words.near(pattern))
    work.spend(len(forbidden) + len(against.patterns))
    if against.covers(pattern):
        return None
    narrowed: list[Words] = []
    for words in others:
        near = Words(words.near(pattern))
        work.spend(len(near.patterns))
        if not near.patterns:
            return None
        if not near.covers(pattern):
            narrowed.append(near)
    guess = _guess(pattern, narrowed, against)
    return guess if guess is not None else _search(pattern, narrowed, against, work)


def _guess(pattern: Pattern, others: Sequence[Words], against: Words) -> Word | None:
    known = _characters(others, against)
    fresh = next((character for character in _FRESH if character not in known), None)
    fillings = [*_FILLINGS, (fresh, fresh)] if fresh else list(_FILLINGS)
    for filling in fillings:
        word = filled(pattern, "".join(filling))
        if all(words.accepts(word) for words in others) and not against.accepts(word):
            return word
    return None


def filled(pattern: Pattern, filling: str) -> Word:
    """A word of the pattern with each run replaced by `filling`, without what the run excludes."""
    word: list[Symbol] = []
    for token in pattern.tokens:
        if isinstance(token, Run):
            word.extend(character for character in filling if character not in token.excluded)
        elif isinstance(token, One):
            word.append((filling or "x")[0])
        elif isinstance(token, (str, Letter)):
            word.append(token)
    return tuple(word)


def _characters(others: Sequence[Words], against: Words) -> frozenset[str]:
    return against.machine.characters.union(*(words.machine.characters for words in others))


def _search(pattern: Pattern, others: Sequence[Words], against: Words, work: Work) -> Word | None:
    product = _Product(pattern, others, against)
    start = product.start
    if product.is_accepting(start):
        return ()
    came_from: dict[tuple[int, ...], tuple[tuple[int, ...], Symbol] | None] = {start: None}
    waiting = deque[tuple[int, ...]]([start])
    while waiting:
        state = waiting.popleft()
        for symbol in product.symbols(state):
            work.spend()
            following = product.step(state, symbol)
            if following is None or following in came_from:
                continue
            came_from[following] = (state, symbol)
            if product.is_accepting(following):
                return _trace(came_from, following)
            waiting.append(following)
    return None


def _trace(came_from: dict[tuple[int, ...], tuple[tuple[int, ...], Symbol] | None], last: tuple[int, ...]) -> Word:
    word: list[Symbol] = []
    step = came_from[last]
    while step is not None:
        word.append(step[1])
        step = came_from[step[0]]
    return tuple(reversed(word))


class _Product:
    """The automata of one question read side by side: the base pattern, the other required sets, all forbidden ones."""

    def __init__(self, pattern: Pattern, others: Sequence[Words], against: Words) -> None:
        self.required = [Machine([pattern]), *(words.machine for words in others)]
        self.forbidden = against.machine
        self.start: tuple[int, ...] = (*(machine.start for machine in self.required), self.forbidden.start)
        known = self.forbidden.characters.union(*(machine.characters for machine in self.required))
        fresh = next((character for character in _FRESH if character not in known), "\N{WHITE SQUARE}")
        letters = {token for words in others for token in words.letters}
        letters.update(token for token in pattern.tokens if isinstance(token, Letter))
        separators = {character for character in ":/" if character not in known}
        self.alphabet: tuple[Symbol, ...] = (fresh, *sorted(known | separators), *sorted(letters, key=str))
        self._forced = _forced_symbols(pattern)

    def symbols(self, state: tuple[int, ...]) -> tuple[Symbol, ...]:
        """The symbols worth reading: where the base pattern expects one character, only that one."""
        return self._forced.get(state[0], self.alphabet)

    def step(self, state: tuple[int, ...], symbol: Symbol) -> tuple[int, ...] | None:
        following: list[int] = []
        for machine, current in zip(self.required, state, strict=False):
            move, stay = machine.masks(symbol)
            reached = ((current & move) << 1) | (current & stay)
            if not reached:
                return None
            following.append(reached)
        move, stay = self.forbidden.masks(symbol)
        reached = ((state[-1] & move) << 1) | (state[-1] & stay)
        if reached & self.forbidden.universal:
            return None
        following.append(reached)
        return tuple(following)

    def is_accepting(self, state: tuple[int, ...]) -> bool:
        accepted = all(current & machine.final for machine, current in zip(self.required, state, strict=False))
        return accepted and not state[-1] & self.forbidden.final


def _forced_symbols(pattern: Pattern) -> dict[int, tuple[Symbol, ...]]:
    """For each single position of the pattern at which no run can stay: the one symbol that moves it on."""
    forced: dict[int, tuple[Symbol, ...]] = {}
    bit = 1
    behind_run = False
    for token in pattern.tokens:
        if isinstance(token, Run):
            behind_run = True
            continue
        if isinstance(token, (str, Letter)) and not behind_run and not pattern.fold:
            forced[bit] = (token,)
        behind_run = False
        bit <<= 1
    return forced
