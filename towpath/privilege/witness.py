"""Makes one concrete, plausible request out of a region in which every request is newly allowed.

Placeholders are values that documentation uses; a value is taken only if the region allows it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from towpath.privilege.boxes import ACTION, KEY, PRINCIPAL, RESOURCE, WordCell
from towpath.privilege.catalogue import Action
from towpath.privilege.conditions.cell import KeyCell, Line, Sample
from towpath.privilege.conditions.context_keys import SAME_MOMENT
from towpath.privilege.conditions.values import address_text, moment_text, number_text
from towpath.privilege.language.pattern import Letter, Pattern, Run, Symbol, Word, written
from towpath.privilege.language.search import find_word
from towpath.privilege.language.work import Work
from towpath.privilege.principals import Principal, principal_named
from towpath.privilege.region import Region
from towpath.privilege.request import ContextValue, Request
from towpath.privilege.worlds import letter_of

_ACCOUNT: Final = "111122223333"
_SEGMENT_FILLINGS: Final = {3: "us-east-1", 4: _ACCOUNT}
_PRINCIPALS: Final = (
    "aws:444455556666:role/example@/#session",
    "aws:444455556666:user/example@/#",
    "service:example.amazonaws.com",
    "anonymous",
)
_LINE_TEXTS: Final = {"number": number_text, "time": moment_text, "address": address_text}
_NEARLY_ALWAYS_PRESENT: Final = frozenset(
    {"aws:securetransport", "aws:currenttime", "aws:sourceip", "aws:principalarn"}
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a witness needs to know besides its region: names of keys as written, the home partition, the variables."""

    key_names: Mapping[str, str]
    home: str
    variables: frozenset[str]
    work: Work


def witness(region: Region, scene: Scene, action: Action | None) -> Request | None:
    """A request of the region; None if a value cannot be found after all."""
    context = _context(region, scene)
    name = action.name if action else _word_of(region.get(ACTION), (), scene.work)
    resource = _word_of(region.get(RESOURCE), _resource_hints(region.get(RESOURCE)), scene.work)
    if context is None or name is None or resource is None:
        return None
    values = {letter_of(key): _single(context.get(KEY + key)) for key in scene.variables}
    texts = {key: _filled_in(value, values) for key, value in context.items()}
    return Request(
        action=name if isinstance(name, str) else written(name),
        resource=_text(resource, values),
        principal=_principal(region, scene, values),
        context=dict(sorted(_named(texts, scene))),
    )


_Values = Mapping[Letter, str]


def _text(word: Iterable[Symbol], values: _Values) -> str:
    return "".join(values.get(symbol, symbol.name) if isinstance(symbol, Letter) else symbol for symbol in word)


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


def _word_of(cell: object, hints: Iterable[str], work: Work) -> Word | None:
    if not isinstance(cell, WordCell):
        return tuple("*")
    for hint in hints:
        if cell.accepts(tuple(hint)):
            return tuple(hint)
    return find_word(cell.inside, cell.outside, work)


def _resource_hints(cell: object) -> Iterator[str]:
    if isinstance(cell, WordCell):
        for words in cell.inside:
            for pattern in words.patterns[:8]:
                yield _as_arn(pattern)


def _as_arn(pattern: Pattern) -> str:
    """A word of the pattern with each wildcard filled by what usually stands in that segment of an ARN."""
    text = ""
    for token, following in zip(pattern.tokens, [*pattern.tokens[1:], None], strict=True):
        if isinstance(token, str):
            text += token
        elif isinstance(token, Letter):
            text += token.name
        elif isinstance(token, Run):
            text += "aws" if text == "arn:" else _SEGMENT_FILLINGS.get(text.count(":"), "example")
        elif not isinstance(following, Run):
            text += "x"
    return text


def _principal(region: Region, scene: Scene, values: _Values) -> Principal | None:
    cell = region.get(PRINCIPAL)
    if cell is None:
        return None
    word = _word_of(cell, _PRINCIPALS, scene.work)
    return None if word is None else principal_named(tuple(_text(word, values)), scene.home)


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
