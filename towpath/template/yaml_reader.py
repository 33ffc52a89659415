"""Reads YAML 1.1 as CloudFormation does: short tags become long form, dates stay text, keys are text.

The document is built from PyYAML's event stream rather than by its constructor, so that positions are kept, nothing
recurses without a limit, an alias is paid for each time it is used, and no tag can make a Python object. Aliases and
merge keys are expanded here, as every packaging tool does before CloudFormation (which refuses them) sees the text.
"""

from difflib import get_close_matches
from typing import Any

import yaml
from yaml import events

from towpath.template.error import TemplateError
from towpath.template.functions import LONG_FORMS, long_form
from towpath.template.json_reader import duplicate_key, not_a_number, too_deep
from towpath.template.limits import MAX_DEPTH, MAX_NODES
from towpath.template.position import PathPart, Position, PositionTree
from towpath.template.yaml_events import STANDARD, parse_events, start_of
from towpath.template.yaml_scalars import NotFiniteError, UnsupportedTagError, WrongTagError, scalar_value

Located = tuple[Any, PositionTree]

_MERGE = "<<"


def read_yaml(text: str, name: str) -> Located:
    """The document of a YAML text and its positions. Raises TemplateError."""
    return _Reader(text, name).document()


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._events = parse_events(text, name)
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

    def _refusal(self, event: yaml.Event, code: str, message: str, remedy: str) -> TemplateError:
        return TemplateError.at(self._name, start_of(event), code, message, remedy)

    def _value(self, event: yaml.Event, depth: int) -> Located:
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise too_deep(self._name, start_of(event))
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
            raise too_deep(self._name, start_of(event))
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
        if tag is None or tag == "!" or tag.startswith(STANDARD):
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
        start = PositionTree(start_of(event))
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
                raise duplicate_key(self._name, key, start.children[key].position, start_of(following))
            found[key], tree = self._value(below, depth + 1)
            start.children[key] = PositionTree(start_of(following), tree.children)
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
        elif isinstance(event, events.ScalarEvent) and (event.tag is None or event.tag == f"{STANDARD}str"):
            if event.anchor:
                self._anchors[event.anchor] = (event.value, PositionTree(start_of(event)))
            return str(event.value)
        raise self._refusal(
            event, "template-key", "A key must be plain text.", "Write the key as text; put functions into values only."
        )

    def _expect(self, event: events.CollectionStartEvent, kind: str) -> None:
        tag = event.tag
        if tag and tag.startswith(STANDARD) and tag != STANDARD + kind:
            raise self._unsupported_tag(event)

    def _unsupported_tag(self, event: yaml.Event) -> TemplateError:
        tag = str(getattr(event, "tag", "")).replace(STANDARD, "!!")
        return self._refusal(
            event, "template-unsupported-tag", f"CloudFormation does not support the tag {tag}.", "Remove the tag."
        )

    def _scalar(self, event: events.ScalarEvent) -> Any:
        try:
            return scalar_value(event)
        except UnsupportedTagError:
            raise self._unsupported_tag(event) from None
        except NotFiniteError as error:
            raise not_a_number(self._name, start_of(event), str(error)) from None
        except WrongTagError as error:
            raise self._refusal(
                event, "template-wrong-tag", str(error), "Remove the tag, or put the value in quotes."
            ) from None
