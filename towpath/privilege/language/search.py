"""Is there a word that all of these sets contain and none of those? And if so, which?

A free letter stands for the value of a context key, which may be any text. So a word with letters answers for all
values of the key: it has the letter where the first required set that names the key has it; a forbidden set counts only
if it has the letter in the same place (or a wildcard), while every other required set may read the letter as whatever
suits it. That sees every real request, and perhaps some that are none: a witness is always checked.
What a template leaves open may be any text as well, but most likely none of those that are written out: only when no
word is found with such a letter equal to itself alone, it is read in the same generous way.

Guesses come first (most questions have easy answers), then coverings by one pattern, then an exact breadth-first search
through the product of the automata, built only as far as it is needed and paid for from the work budget.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

from towpath.privilege.language.machine import Machine
from towpath.privilege.language.pattern import Letter, One, Pattern, Run, Symbol, Word
from towpath.privilege.language.words import EVERYTHING, Words, letters_of
from towpath.privilege.language.work import Work

_FRESH = "xqzwvkyjubnmhgt0123456789XQZWVKYJ"
_FEW = 4
_LETTERS_A_STEP = 2
_BITS_A_STEP = 1024
"""How many letters are read, and by how large an automaton, for one step of the work budget."""
_NOBODY: frozenset[Words] = frozenset()


def find_word(inside: Iterable[Words], outside: Iterable[Words], work: Work) -> Word | None:
    """A word in every set of `inside` and in none of `outside`; None if there is none.

    Raises BudgetExceededError when the work budget runs out first.
    """
    required = sorted({words for words in inside if not words.is_everything}, key=_breadth)
    forbidden = frozenset(outside)
    if any(words.is_everything for words in forbidden):
        return None
    against = _Forbidden(forbidden)
    required.sort(key=lambda words: not words.has_free_letters)
    found = _find(required, against, work, unbound=False)
    if len(required) == 1 or not any(words.has_letters for words in required):
        return found
    if any(all(map(against.words.covers, words.patterns)) for words in required):
        return None
    if found is None:
        required.sort(key=lambda words: not words.has_letters)
        found = _find(required, against, work, unbound=True)
    return found if found is None or _is_some_text(found, required, against, work) else None


def _is_some_text(word: Word, required: Sequence[Words], against: "_Forbidden", work: Work) -> bool:
    """Whether a word with letters can stand for a request at all: some plain text must be in all that is required,
    whatever the letters are, and in nothing that is forbidden without letters."""
    if not any(isinstance(symbol, Letter) for symbol in word):
        return True
    unbound = sorted((words.unbound for words in required), key=_breadth)
    plain = (Words(pattern for pattern in words.patterns if not pattern.has_letters) for words in against.sets)
    return _find(unbound, _Forbidden(frozenset(plain)), work, unbound=True) is not None


def _find(required: Sequence[Words], against: "_Forbidden", work: Work, *, unbound: bool) -> Word | None:
    base = required[0] if required else EVERYTHING
    read = [words.unbound if unbound else words.loosened for words in required[1:]]
    work.spend(1 + len(base.patterns))
    for pattern in base.patterns:
        if work.coverings.get(pattern, _NOBODY).isdisjoint(against.sets):
            found = _find_in(pattern, read, against, work, unbound=unbound)
            if found is not None:
                return found
    return None


class _Forbidden:
    """The sets in none of which a word may be, as one set that is made only when somebody asks."""

    def __init__(self, sets: frozenset[Words]) -> None:
        self.sets = sets

    @cached_property
    def words(self) -> Words:
        """All of them together."""
        if len(self.sets) == 1:
            return next(iter(self.sets))
        return Words(pattern for words in self.sets for pattern in words.patterns)

    def covering(self, pattern: Pattern, near: Words) -> Words:
        """The set that has the pattern which contains all of `pattern`; `near` is known to have one."""
        single = next(other for other in near.patterns if _words((other,)).covers(pattern))
        return next(words for words in self.sets if single in words.patterns_set)


@lru_cache(maxsize=8192)
def _words(patterns: tuple[Pattern, ...]) -> Words:
    return Words(patterns)


def _breadth(words: Words) -> tuple[int, int, int]:
    """Sets that say most about how their words begin, and about what is in them, first; small ones before large."""
    return -words.least_prefix, -words.least_literals, len(words.patterns)


def _find_in(
    pattern: Pattern, others: Sequence[Words], against: _Forbidden, work: Work, *, unbound: bool
) -> Word | None:
    """The same, among the words of one pattern; the others have any text in place of letters that may be any."""
    if pattern.is_exact and not (pattern.has_letters if unbound else pattern.has_free_letters):
        word = pattern.word
        return word if all(words.accepts(word) for words in others) and not against.words.accepts(word) else None
    near = _words(tuple(against.words.near(pattern)))
    work.spend(1 + len(near.patterns))
    if near.covers(pattern):
        work.coverings.setdefault(pattern, set()).add(against.covering(pattern, near))
        return None
    narrowed: list[Words] = []
    for words in others:
        candidates = _words(tuple(words.near(pattern)))
        work.spend(len(candidates.patterns))
        if candidates.covers(pattern):
            continue
        if not candidates.machine.after(candidates.machine.start, pattern.prefix):
            return None
        narrowed.append(candidates)
    own = _words((pattern,))
    breadth = 1 + sum(len(other.tokens) for words in (near, *narrowed) for other in words.patterns) // _BITS_A_STEP
    for guess in _guesses(pattern, narrowed, near):
        work.spend(len(guess) * breadth // _LETTERS_A_STEP)
        fits = own.accepts(guess) and all(words.accepts(guess) for words in narrowed)
        if fits and not near.accepts(guess):
            return guess
    if any(all(near.covers(other) for other in words.patterns) for words in narrowed):
        return None
    return _search(_Product(pattern, narrowed, near, unbound=unbound), pattern.prefix, work)


def _guesses(pattern: Pattern, others: Sequence[Words], against: Words) -> Iterator[Word]:
    """Words of the pattern that are likely to do: plausible, short, with what the others ask for, or with nothing that
    anybody names."""
    yield filled(pattern, "example")
    yield filled(pattern, "")
    if others:
        for other in (other for words in others for other in words.patterns[:_FEW]):
            yield filled(other, "example")
            yield filled(other, "")
        asked = [words.patterns[0].literals for words in others]
        yield filled(pattern, "".join(asked), once=True)
        yield filled(pattern, asked[0].removeprefix(pattern.prefix), once=True)
    known = against.machine.characters.union(*(words.machine.characters for words in others))
    fresh = next((character for character in _FRESH if character not in known), "")
    yield filled(pattern, fresh + fresh)


def filled(pattern: Pattern, filling: str, *, once: bool = False) -> Word:
    """A word of the pattern with each run (or the first only) replaced by `filling`, without what the run excludes."""
    word: list[Symbol] = []
    for token in pattern.tokens:
        if isinstance(token, Run):
            word.extend(character for character in filling if character not in token.excluded)
            filling = "" if once else filling
        elif isinstance(token, One):
            word.append("x")
        elif isinstance(token, (str, Letter)):
            word.append(token)
    return tuple(word)


_States = tuple[int, ...]
_Trace = dict[_States, tuple[_States, Symbol] | None]


def _search(product: "_Product", beginning: str, work: Work) -> Word | None:
    start = product.after_prefix(beginning)
    if start is None:
        return None
    prefix: Word = tuple(beginning)
    if product.is_accepting(start):
        return prefix
    came_from: _Trace = {start: None}
    waiting = deque[_States]([start])
    while waiting:
        state = waiting.popleft()
        for symbol in product.symbols(state):
            work.spend(product.cost)
            following = product.step(state, symbol)
            if following is None or following in came_from:
                continue
            came_from[following] = (state, symbol)
            if product.is_accepting(following):
                return (*prefix, *_trace(came_from, following))
            waiting.append(following)
    return None


def _trace(came_from: _Trace, last: _States) -> Word:
    word: list[Symbol] = []
    step = came_from[last]
    while step is not None:
        word.append(step[1])
        step = came_from[step[0]]
    return tuple(reversed(word))


class _Product:
    """The automata of one question read side by side: the base pattern, the other required sets, all forbidden ones."""

    def __init__(self, pattern: Pattern, others: Sequence[Words], against: Words, *, unbound: bool) -> None:
        self.required = [Machine([pattern]), *(words.machine for words in others)]
        self.forbidden = against.machine
        self.cost = len(self.required) + 1 + self.forbidden.size // 512
        known = self.forbidden.characters.union(*(machine.characters for machine in self.required))
        fresh = next((character for character in _FRESH if character not in known), "\N{WHITE SQUARE}")
        letters = letters_of(pattern).union(*(words.letters for words in others))
        self.free = frozenset(letter for letter in letters if unbound or letter.free)
        separators = {character for character in ":/" if character not in known}
        self.alphabet: tuple[Symbol, ...] = (fresh, *sorted(known | separators), *sorted(letters, key=str))

    def after_prefix(self, prefix: str) -> _States | None:
        """The state after the characters with which every word of the base pattern begins."""
        state: _States | None = (*(machine.start for machine in self.required), self.forbidden.start)
        if state[-1] & self.forbidden.universal:
            return None
        for character in prefix:
            state = None if state is None else self.step(state, character)
        return state

    def symbols(self, state: _States) -> Iterable[Symbol]:
        """The symbols worth reading: those that some required set expects, where it expects known ones only."""
        own = self.required[0].expected(state[0])
        fewest: Sequence[Symbol] = self.alphabet if own is None else own
        for machine, current in zip(self.required[1:], state[1:], strict=False):
            expected = machine.expected(current)
            if expected is not None and len(expected) + len(self.free) < len(fewest):
                fewest = (*expected, *self.free)
        return fewest

    def step(self, state: _States, symbol: Symbol) -> _States | None:
        following: list[int] = []
        jumps = symbol in self.free
        for place, machine in enumerate(self.required):
            reached = machine.step(state[place], symbol)
            if jumps and place:
                reached |= machine.jump(state[place])
            if not reached:
                return None
            following.append(reached)
        reached = self.forbidden.step(state[-1], symbol)
        if reached & self.forbidden.universal:
            return None
        following.append(reached)
        return tuple(following)

    def is_accepting(self, state: _States) -> bool:
        accepted = all(current & machine.final for machine, current in zip(self.required, state, strict=False))
        return accepted and not state[-1] & self.forbidden.final
