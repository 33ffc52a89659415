"""What a template is once it is read: a plain document in long form, its name, and where each part stands.

JSON is tried first when the text opens with a brace; everything else, and whatever fails there, is YAML.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Self, cast

from towpath.template.error import TemplateError, place
from towpath.template.json_reader import NotJsonError, json_positions, read_json
from towpath.template.limits import MAX_BYTES, MAX_DEPTH, MAX_NODES
from towpath.template.position import NOWHERE, PathPart, Position, PositionTree, json_path

_SURROGATE_ESCAPE = re.compile(r"\\[uU](?:0000)?[dD][89a-fA-F]")
_LOOKS_LIKE_JSON = re.compile(r'\{\s*(?:"|\})')


class Template:
    """A template as data. `document` is plain JSON in long form; nothing in it is resolved yet."""

    __slots__ = ("_positions", "document", "name")

    def __init__(self, document: dict[str, Any], name: str, positions: Callable[[], PositionTree]) -> None:
        self.document = document
        self.name = name
        self._positions = positions

    @classmethod
    def from_document(cls, document: Mapping[str, Any], *, name: str = "template") -> Self:
        """A template that was never a text, for example what GetTemplate returned; its positions are unknown."""
        return cls(dict(document), name, lambda: PositionTree(NOWHERE))

    def with_document(self, document: Mapping[str, Any]) -> "Template":
        """The same text after a transformation; positions are those of the nearest part that is still where it was."""
        return Template(dict(document), self.name, self._positions)

    def with_resources_of(self, document: Mapping[str, Any], origins: Mapping[str, str]) -> "Template":
        """The same; a resource in `origins` stands where the resource stands that it was generated from."""
        return Template(dict(document), self.name, lambda: self._positions().also_at({**origins}, "Resources"))

    def section(self, name: str) -> dict[str, Any]:
        """A top-level section such as `Resources`; empty when it is missing or no mapping."""
        found: Any = self.document.get(name)
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def position(self, path: Sequence[PathPart]) -> Position:
        """Where the part at `path` stands, or the nearest part around it."""
        return self._positions().find(path)

    def place(self, path: Sequence[PathPart]) -> str:
        """`name:line:column path`, for the `where` of a reason."""
        return f"{place(self.name, self.position(path))} {json_path(path)}".strip()


def load_template(text: str | bytes, *, name: str = "template") -> Template:
    """Reads a CloudFormation template, JSON or YAML.

    `name` is what errors call the text, usually its path. Raises TemplateError, and nothing else, for any input that
    is no template: not readable, several documents, duplicate keys, unknown tags, too large or too deep, not a mapping.
    """
    decoded = _decode(text, name)
    document, positions = _read(decoded, name)
    if not isinstance(document, dict):
        raise TemplateError.at(
            name,
            positions().position,
            "template-not-a-mapping",
            f"The document is {_kind(document)}; a template is a mapping with a Resources section.",
            "Check that this file is the template.",
        )
    if _SURROGATE_ESCAPE.search(decoded):
        _refuse_half_characters(document, name)
    return Template(cast("dict[str, Any]", document), name, positions)


def checked_document(document: Mapping[str, Any], *, name: str) -> Template:
    """A template from an object that somebody else made. Raises TemplateError when it is too large or too deep."""
    left, count = [(cast("Any", document), 1)], 0
    while left:
        value, depth = left.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_NODES:
            raise TemplateError.at(
                name,
                NOWHERE,
                "template-too-deep" if depth > MAX_DEPTH else "template-too-large",
                f"The object is nested more than {MAX_DEPTH} levels deep or has more than {MAX_NODES:,} values.",
                "Split the template into nested stacks.",
            )
        if isinstance(value, Mapping):
            left += [(item, depth + 1) for item in cast("Mapping[str, Any]", value).values()]
        elif isinstance(value, list):
            left += [(item, depth + 1) for item in cast("list[Any]", value)]
    return Template.from_document(document, name=name)


def _decode(text: str | bytes, name: str) -> str:
    if len(text) > MAX_BYTES:
        raise TemplateError.at(
            name,
            NOWHERE,
            "template-too-large",
            f"The text has {len(text):,} bytes; at most {MAX_BYTES:,} are read, and CloudFormation takes 1,000,000.",
            "Split the template into nested stacks.",
        )
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            column = error.start - text.rfind(b"\n", 0, error.start)
            raise TemplateError.at(
                name,
                Position(line, column),
                "template-not-utf8",
                f"The byte 0x{text[error.start]:02x} is not UTF-8.",
                "Save the file as UTF-8.",
            ) from None
    return text.removeprefix("\ufeff")


def _read(text: str, name: str) -> tuple[Any, Callable[[], PositionTree]]:
    not_json: NotJsonError | None = None
    if text.lstrip()[:1] in ("{", "["):
        try:
            return read_json(text, name), cache(lambda: json_positions(text))
        except NotJsonError as error:
            not_json = error
    from towpath.template.yaml_reader import read_yaml  # here, so that readers of JSON do not pay for PyYAML

    try:
        document, tree = read_yaml(text, name)
    except TemplateError:
        if not_json is None or not _LOOKS_LIKE_JSON.match(text.lstrip()):
            raise
        raise TemplateError.at(
            name,
            not_json.position,
            "template-not-json",
            f"Not readable as JSON: {not_json.message}.",
            "Correct the JSON at this place.",
        ) from None
    return document, lambda: tree


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    return "a list" if isinstance(value, list) else "a single value"


def _refuse_half_characters(document: Any, name: str) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise TemplateError.at(
            name,
            NOWHERE,
            "template-half-character",
            "An escape names one half of a surrogate pair, which is no character.",
            "Write the character itself, or both halves.",
        ) from None
