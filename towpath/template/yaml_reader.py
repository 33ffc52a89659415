"""Reads YAML 1.1 as CloudFormation does: short tags become long form, dates stay text, keys are text.

The document is built from PyYAML's event stream rather than by its constructor, so that positions are kept, nothing
recurses without a limit, an alias is paid for each time it is used, and no tag can make a Python object. Aliases and
merge keys are expanded here, as every packaging tool does before CloudFormation (which refuses them) sees the text.
"""

import math
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, cast

import yaml
from yaml import events

from towpath.template.error import TemplateError
from towpath.template.functions import LONG_FORMS, long_form
from towpath.template.json_reader import duplicate_key, not_a_number, too_deep
from towpath.template.limits import MAX_DEPTH, MAX_NODES
from towpath.template.position import PathPart, Position, PositionTree

Located = tuple[Any, PositionTree]

_STANDARD = "tag:yaml.org,2002:"
_MERGE = "<<"
_REMEDIES = (
    ("'\\t'", "Indent with spaces; YAML does not allow tabs there."),
    ("found '<tag>'", "Only one short tag fits in front of a value; write the outer function in long form (Fn::...:)."),
    ("could not find expected ':'", "Check the indentation and the colon of this line and of the one above it."),
    ("mapping values are not allowed", "Put the value in quotes, or start a new line after the first colon."),
    ("found undefined alias", "Define the anchor (&name) above the alias (*name)."),
    ("unquoted", "Put the value in quotes."),
)


def read_yaml(text: str, name: str) -> Located:
    """The document of a YAML text and its positions. Raises TemplateError."""
    return _Reader(text, name).document()


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._events = self._parse(text)
        self._anchors: dict[str, Located | None] = {}
        self._nodes = 0

    def document(self) -> Located:
        next(self._events)
        if isinstance(next(self._events), events.StreamEndEvent):
            raise TemplateError.at(
                self._name,
                Position(1, 1),
                "template-empty",
                "The text holds no document.",
                "Write the template into it.",
            )
        found = self._value(next(self._events), 1)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, events.StreamEndEvent):
            raise self._refusal(
                after,
                "template-several-documents",
                "A second YAML document starts here.",
                "A template is one document: remove the '---' or split the file.",
            )
        return found

    def _parse(self, text: str) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
            said = " ".join(part for part in (error.context, error.problem) if part)
            raise self._not_yaml(where, said) from None
        except yaml.reader.ReaderError as error:
            before = text[: error.position]
            where = Position(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
            raise self._not_yaml(where, f"the character U+{ord(text[error.position]):04X} is not allowed") from None
        except (ValueError, OverflowError) as error:  # a \U escape or a version beyond every range
            raise self._not_yaml(Position(1, 1), str(error)) from None

    def _not_yaml(self, where: Position, said: str) -> TemplateError:
        remedy = next((remedy for sign, remedy in _REMEDIES if sign in said), "Correct the YAML at this place.")
        return TemplateError.at(self._name, where, "template-not-yaml", f"Not readable as YAML: {said}.", remedy)

    def _refusal(self, event: yaml.Event, code: str, message: str, remedy: str) -> TemplateError:
        return TemplateError.at(self._name, _start(event), code, message, remedy)

    def _value(self, event: yaml.Event, depth: int) -> Located:
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise too_deep(self._name, _start(event))
        if isinstance(event, events.AliasEvent):
            return self._alias(event, depth)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = None
        value, tree = self._tagged(event, depth)
        if anchor:
            self._anchors[anchor] = (value, tree)
        return value, tree

    def _count(self, event: yaml.Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise self._refusal(
                event,
                "template-too-large",
                f"With its aliases expanded the document has more than {MAX_NODES} values.",
                "Write the repeated parts once, or split the template.",
            )

    def _alias(self, event: events.AliasEvent, depth: int) -> Located:
        anchor = str(event.anchor)
        found = self._anchors.get(anchor)
        if found is None:
            known = anchor in self._anchors
            raise self._refusal(
                event,
                "template-alias",
                f"The alias *{anchor} stands inside its own anchor."
                if known
                else f"The alias *{anchor} has no anchor above it.",
                "Point the alias at a complete value that stands above it.",
            )
        return self._copy(event, found, depth)

    def _copy(self, event: yaml.Event, found: Located, depth: int) -> Located:
        """A copy of an anchored value, so that changing one use of it later does not change the others."""
        value, tree = found
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise too_deep(self._name, _start(event))
        copied = PositionTree(tree.position)
        pairs: list[tuple[PathPart, Any]]
        if isinstance(value, dict):
            pairs = list(value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        elif isinstance(value, list):
            pairs = list(enumerate(value))  # pyright: ignore[reportUnknownArgumentType]
        else:
            return value, copied
        below: dict[PathPart, Any] = {}
        for part, item in pairs:
            below[part], copied.children[part] = self._copy(event, (item, tree.children[part]), depth + 1)
        return (below if isinstance(value, dict) else list(below.values())), copied

    def _tagged(self, event: yaml.Event, depth: int) -> Located:
        tag: str | None = getattr(event, "tag", None)
        if tag is None or tag == "!" or tag.startswith(_STANDARD):
            return self._plain(event, depth)
        name = tag.removeprefix("!")
        if name not in LONG_FORMS:
            near = get_close_matches(name, LONG_FORMS, n=1)
            raise self._refusal(
                event,
                "template-unknown-tag",
                f"{tag} is no function of CloudFormation.",
                f"Did you mean !{near[0]}?" if near else "Remove the tag, or write the function in long form.",
            )
        value, tree = self._plain(event, depth + 1)
        called = long_form(name, value)
        key = next(iter(called))
        if isinstance(called[key], list) and isinstance(value, str):
            tree.children = {index: PositionTree(tree.position) for index in range(len(called[key]))}
        return called, PositionTree(tree.position, {key: tree})

    def _plain(self, event: yaml.Event, depth: int) -> Located:
        start = PositionTree(_start(event))
        if isinstance(event, events.ScalarEvent):
            return self._scalar(event), start
        if isinstance(event, events.SequenceStartEvent):
            return self._sequence(event, start, depth)
        assert isinstance(event, events.MappingStartEvent)
        return self._mapping(event, start, depth)

    def _sequence(self, event: events.SequenceStartEvent, start: PositionTree, depth: int) -> Located:
        self._expect(event, "seq")
        items: list[Any] = []
        while not isinstance(following := next(self._events), events.SequenceEndEvent):
            item, start.children[len(items)] = self._value(following, depth + 1)
            items.append(item)
        return items, start

    def _mapping(self, event: events.MappingStartEvent, start: PositionTree, depth: int) -> Located:
        self._expect(event, "map")
        found: dict[str, Any] = {}
        merged: list[Located] = []
        while not isinstance(following := next(self._events), events.MappingEndEvent):
            key = self._key(following)
            below = next(self._events)
            if key == _MERGE and getattr(following, "style", None) is None:
                merged.extend(self._merge_sources(below, self._value(below, depth + 1)))
                continue
            if key in found:
                raise duplicate_key(self._name, key, start.children[key].position, _start(following))
            found[key], tree = self._value(below, depth + 1)
            start.children[key] = PositionTree(_start(following), tree.children)
        for value, tree in merged:
            for key in value:
                if key not in found:
                    found[key], start.children[key] = value[key], tree.children[key]
        return found, start

    def _merge_sources(self, event: yaml.Event, found: Located) -> list[Located]:
        value, tree = found
        if isinstance(value, dict):
            return [found]
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):  # pyright: ignore[reportUnknownVariableType]
            return [(item, tree.children[index]) for index, item in enumerate(value)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        raise self._refusal(
            event, "template-merge", "Only a mapping can be merged with '<<'.", "Point it at an anchored mapping."
        )

    def _key(self, event: yaml.Event) -> str:
        if isinstance(event, events.AliasEvent):
            value, _ = self._alias(event, 1)
            if isinstance(value, str):
                return value
        elif isinstance(event, events.ScalarEvent) and (event.tag is None or event.tag == f"{_STANDARD}str"):
            if event.anchor:
                self._anchors[event.anchor] = (event.value, PositionTree(_start(event)))
            return str(event.value)
        raise self._refusal(
            event, "template-key", "A key must be plain text.", "Write the key as text; put functions into values only."
        )

    def _expect(self, event: events.CollectionStartEvent, kind: str) -> None:
        tag = event.tag
        if tag and tag.startswith(_STANDARD) and tag != _STANDARD + kind:
            raise self._unsupported_tag(event)

    def _unsupported_tag(self, event: yaml.Event) -> TemplateError:
        tag = str(getattr(event, "tag", "")).replace(_STANDARD, "!!")
        return self._refusal(
            event, "template-unsupported-tag", f"CloudFormation does not support the tag {tag}.", "Remove the tag."
        )

    def _scalar(self, event: events.ScalarEvent) -> Any:
        kind = self._kind(event)
        text = str(event.value)
        shown = text if len(text) <= 40 else text[:40] + "..."
        try:
            value = _CONVERSIONS[kind](text)
        except (ValueError, KeyError, OverflowError):
            raise self._refusal(
                event,
                "template-wrong-tag",
                f"{shown!r} is not a value of the type {kind}.",
                "Remove the tag, or put the value in quotes.",
            ) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise not_a_number(self._name, _start(event), shown)
        return value

    def _kind(self, event: events.ScalarEvent) -> str:
        """The YAML type of a scalar: what its tag says, or what its plain text looks like; never a date."""
        tag: str | None = event.tag
        if tag is None and event.implicit[0]:
            looks_like = cast("str", _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False)))
            kind = looks_like.removeprefix(_STANDARD)
            return kind if kind in _CONVERSIONS else "str"
        if tag is None or not tag.startswith(_STANDARD):
            return "str"
        if tag.removeprefix(_STANDARD) not in _CONVERSIONS:
            raise self._unsupported_tag(event)
        return tag.removeprefix(_STANDARD)


def _start(event: yaml.Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)


def _integer(text: str) -> int:
    """YAML 1.1: 0x and 0b, a leading zero for octal, colons for base sixty, underscores anywhere."""
    sign, digits = _sign(text.replace("_", ""))
    if ":" in digits:
        return sign * int(_base_sixty(digits, int))
    if digits.startswith(("0x", "0b")):
        return sign * int(digits, 0)
    octal = len(digits) > 1 and digits.startswith("0")
    return sign * int(digits, 8 if octal else 10)


def _number(text: str) -> float:
    sign, digits = _sign(text.replace("_", "").lower())
    if digits in (".inf", ".nan"):
        return math.inf if digits == ".inf" else math.nan
    return sign * (_base_sixty(digits, float) if ":" in digits else float(digits))


def _sign(text: str) -> tuple[int, str]:
    return (-1 if text.startswith("-") else 1), text.lstrip("+-")


def _base_sixty(digits: str, convert: Callable[[str], float]) -> float:
    total: float = 0
    for part in digits.split(":"):
        total = total * 60 + convert(part)
    return total


_BOOLEANS = {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}
_RESOLVER: Any = yaml.SafeLoader("")
_CONVERSIONS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": _integer,
    "float": _number,
    "bool": lambda text: _BOOLEANS[text.lower()],
    "null": lambda _text: None,
}
