"""Makes one concrete, plausible request out of a region in which every request is newly allowed.

Placeholders are values that documentation uses; a value is taken only if the region allows it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

from towpath.privilege.boxes import ACTION, KEY, PRINCIPAL, RESOURCE, WordCell
from towpath.privilege.caller import ARN_KEY, in_agreement
from towpath.privilege.catalogue import Action
from towpath.privilege.conditions.cell import KeyCell, Line, Sample, TextTest
from towpath.privilege.conditions.context_keys import SAME_MOMENT
from towpath.privilege.conditions.values import address_text, moment_text, number_text
from towpath.privilege.language.example import example_of
from towpath.privilege.language.pattern import Letter, One, Run, Symbol, Word, pattern_of, written
from towpath.privilege.language.reading import Assumptions
from towpath.privilege.language.search import find_word
from towpath.privilege.language.words import Words
from towpath.privilege.language.work import Work
from towpath.privilege.principals import Principal, principal_named
from towpath.privilege.region import Region
from towpath.privilege.request import ContextValue, Request

_SOMEBODY: Final = (
    "aws:444455556666:role/example@/#session",
    "aws:444455556666:user/example@/#",
    "service:example.amazonaws.com",
    "anonymous",
)
_ANYBODY: Final = ("anonymous", *_SOMEBODY[:-1])
_OF_SOMEBODY: Final = tuple(
    f"{KEY}aws:{key}"
    for key in (
        *("principal", "userid", "username", "federated", "multifactor", "token", "sourceidentity"),
        *("sourcearn", "sourceaccount", "sourceorg", "calledvia", "viaaws"),
    )
)
"""How keys begin that are in a request only if somebody has signed it, or makes it for another."""
_ACCOUNT: Final = (One(":@"), Run(":@"))
_NAME: Final = (One("@#/"), Run("@#/"))
_SHAPES: Final = (
    Words([pattern_of([*"aws:", *_ACCOUNT, *":role/", *_NAME, *"@/#session"])]),
    Words([pattern_of([*"aws:", *_ACCOUNT, *":user/", *_NAME, *"@/#"])]),
    Words([pattern_of([*"service:", One(), Run()])]),
)
"""Principals that are somebody, for when all examples are ruled out; the most usual first."""
_LINE_TEXTS: Final = {"number": number_text, "time": moment_text, "address": address_text}
_NEARLY_ALWAYS_PRESENT: Final = frozenset(
    {"aws:securetransport", "aws:currenttime", "aws:sourceip", "aws:principalarn"}
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a witness needs to know besides its region: names of keys as written, the home partition, the variables."""

    key_names: Mapping[str, str]
    home: str
    assumptions: Assumptions
    work: Work

    @property
    def letters(self) -> dict[Letter, str]:
        """The letters that stand for the values of keys, with their keys."""
        return {letter: key for key, letter in self.assumptions.items() if isinstance(letter, Letter)}


def witnesses(region: Region, scene: Scene, action: Action | None) -> Iterator[Request]:
    """Requests that are likely to be in the region, the most plausible first; they need to be checked.

    With policy variables, the region is only known up to the value of their keys: first any value that the key may
    have, then one that makes the text with the variable fit what else is asked of it.
    """
    context = _context(region, scene)
    name = action.name if action else _word_of(region.get(ACTION), (), scene.work)
    resource = _word_of(region.get(RESOURCE), _resource_hints(region.get(RESOURCE)), scene.work)
    if context is None or name is None or resource is None:
        return
    values = {letter: _single(context.get(KEY + key)) for letter, key in scene.letters.items()}
    for fitting in ({}, *_fitting_values(region, resource, context, scene)):
        chosen = values | fitting
        known = {KEY + scene.letters[letter]: (tuple(text),) for letter, text in fitting.items()}
        texts = {key: _filled_in(words, chosen) for key, words in (context | known).items()}
        request = Request(
            action=name if isinstance(name, str) else written(name),
            resource=_text(resource, chosen),
            principal=_principal(region, context.keys(), scene),
            context=dict(sorted(_named(texts, scene))),
        )
        yield from in_agreement(request, [_text(word, chosen) for word in _arns(region.get(KEY + ARN_KEY))])


def _arns(cell: object) -> Iterator[Word]:
    """An example of each ARN that some condition asks for."""
    if isinstance(cell, KeyCell):
        for test in (*cell.every, *cell.some):
            if isinstance(test, TextTest) and test.positive:
                yield from (example_of(pattern) for pattern in test.words.patterns)


def _fitting_values(
    region: Region, resource: Word, context: Mapping[str, tuple[Word, ...]], scene: Scene
) -> Iterator[dict[Letter, str]]:
    """For each text with a key's value in it: a value with which it also fits the patterns without the variable."""
    cell = region.get(RESOURCE)
    if isinstance(cell, WordCell):
        yield from _fitting(resource, cell.inside, cell.outside, scene)
    for name, words in context.items():
        key_cell = region[name]
        if isinstance(key_cell, KeyCell):
            texts = [test for test in (*key_cell.every, *key_cell.some) if isinstance(test, TextTest)]
            inside = [test.words for test in texts if test.positive]
            outside = [test.words for test in texts if not test.positive]
            for word in words:
                yield from _fitting(word, inside, outside, scene)


def _fitting(
    word: Word, inside: Iterable[Words], outside: Iterable[Words], scene: Scene
) -> Iterator[dict[Letter, str]]:
    for letter in scene.letters:
        if word.count(letter) != 1:
            continue
        place = word.index(letter)
        open_word = pattern_of([*word[:place], One(), Run(), *word[place + 1 :]])
        asked = [words.loosened for words in inside]
        found = find_word(
            [Words([open_word]), *asked], [words for words in outside if not words.has_free_letters], scene.work
        )
        if found is not None:
            yield {letter: written(found[place : len(found) - (len(word) - place - 1)])}


_Values = Mapping[Letter, str]


def _text(word: Iterable[Symbol], values: _Values) -> str:
    return "".join(_value(symbol, values) if isinstance(symbol, Letter) else symbol for symbol in word)


def _value(letter: Letter, values: _Values) -> str:
    if letter.case_of is not None:
        return _value(letter.case_of, values).swapcase()
    return values.get(letter, letter.name)


def _single(words: tuple[Word, ...] | None) -> str:
    return written(words[0]) if words else "example"


def _filled_in(words: tuple[Word, ...], values: _Values) -> tuple[str, ...]:
    return tuple(_text(word, values) for word in words)


def _named(texts: Mapping[str, tuple[str, ...]], scene: Scene) -> Iterator[tuple[str, ContextValue]]:
    for name, values in texts.items():
        key = name.removeprefix(KEY)
        same = [other for other, kept in SAME_MOMENT.items() if kept == key and other in scene.key_names]
        for alias in [key, *same]:
            if alias in scene.key_names or alias == key:
                yield scene.key_names.get(alias, alias), values[0] if len(values) == 1 else values


def _word_of(cell: object, hints: Iterable[Word], work: Work) -> Word | None:
    if not isinstance(cell, WordCell):
        return tuple("*")
    for hint in hints:
        if cell.accepts(hint):
            return hint
    return find_word(cell.inside, cell.outside, work)


def _resource_hints(cell: object) -> Iterator[Word]:
    if isinstance(cell, WordCell):
        for words in cell.inside:
            for pattern in words.patterns[:8]:
                yield example_of(pattern)


def _principal(region: Region, keys: Collection[str], scene: Scene) -> Principal | None:
    """Nobody in particular, if that will do; else somebody, for the strongest proof of what is public is a stranger."""
    cell = region.get(PRINCIPAL)
    if not isinstance(cell, WordCell):
        return None
    usual = map(tuple, _SOMEBODY if any(key.startswith(_OF_SOMEBODY) for key in keys) else _ANYBODY)
    hints = (hint for hint in (*usual, *_of_accounts(cell)) if cell.accepts(hint))
    shaped = (find_word(cell.inside | {shape}, cell.outside, scene.work) for shape in _SHAPES)
    found = next((word for word in chain(hints, shaped) if word), None)
    found = found or find_word(cell.inside, cell.outside, scene.work)
    return None if found is None else principal_named(found, scene.home)


def _of_accounts(cell: object) -> Iterator[Word]:
    """Somebody in each account that is named as a whole."""
    if isinstance(cell, WordCell):
        for words in cell.inside:
            for pattern in words.patterns[:8]:
                if pattern.tokens[-2:] == (":", Run()) and pattern.tokens[:4] == tuple("aws:"):
                    account = [token for token in pattern.tokens[:-1] if isinstance(token, (str, Letter))]
                    yield (*account, *"role/example@/#session")


def _context(region: Region, scene: Scene) -> dict[str, tuple[Word, ...]] | None:
    """Words per key that has to be present, or usually is."""
    found: dict[str, tuple[Word, ...]] = {}
    for name, cell in region.items():
        if not isinstance(cell, KeyCell):
            continue
        optional = cell.absent and name.removeprefix(KEY) not in _NEARLY_ALWAYS_PRESENT
        samples = None if optional else cell.samples(scene.work)
        if samples is None and not cell.absent:
            return None
        if samples is not None:
            found[name] = tuple(dict.fromkeys(_sample_word(sample) for sample in samples))
    return found


def _sample_word(sample: Sample) -> Word:
    if sample.word is not None:
        return sample.word
    value = sample.ranges.sample() if sample.ranges else None
    line: Line | None = sample.line
    return tuple("example") if value is None or line is None else tuple(_LINE_TEXTS[line](value))
