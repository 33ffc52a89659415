"""Reads JSON as CloudFormation does: duplicate keys, NaN and deep nesting are refused; positions are found on demand.

The values come from the standard library's fast decoder. It knows no positions, so a scanner of our own finds them, and
only when somebody asks: most readers of a sound template never do.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from towpath.template.error import TemplateError
from towpath.template.limits import MAX_DEPTH
from towpath.template.position import Path, PathPart, Position, PositionTree

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_OPENING = "{["


class NotJsonError(ValueError):
    """The text is no JSON; it may still be YAML. Carries where and why."""

    def __init__(self, message: str, position: Position) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class _DuplicateKeyError(ValueError):
    """Two entries of one mapping share a key; where they stand is found by the scanner."""


def read_json(text: str, name: str) -> Any:
    """The value of a JSON text.

    Raises NotJsonError when it is none, TemplateError when it is JSON that CloudFormation would not take.
    """
    _refuse_deep_nesting(text, name)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except _DuplicateKeyError:
        first, second, key = _find_duplicate(text)
        raise duplicate_key(name, key, first, second) from None
    except json.JSONDecodeError as error:
        raise NotJsonError(error.msg, Position(error.lineno, error.colno)) from None
    except _NotANumberError as error:
        raise not_a_number(name, _find_token(text, str(error)), str(error)) from None
    except ValueError:  # Python converts no integer of more than 4300 digits
        raise not_a_number(name, Position(1, 1), "An integer of several thousand digits") from None


class _NotANumberError(ValueError):
    """A number that is none; its argument is how the text writes it."""


def duplicate_key(name: str, key: str, first: Position, second: Position) -> TemplateError:
    """The error for a key that stands twice in one mapping; the position is that of the second."""
    return TemplateError.at(
        name,
        second,
        "template-duplicate-key",
        f'The key "{key}" stands here and at line {first.line}, column {first.column}, in the same mapping.',
        "Keep one of the two; CloudFormation would take only one, without saying which.",
    )


def not_a_number(name: str, position: Position, text: str) -> TemplateError:
    """The error for NaN, infinity and numbers beyond every service's range."""
    return TemplateError.at(
        name,
        position,
        "template-not-a-number",
        f"{text} has no JSON form as a number.",
        "Write a finite number, or put it in quotes if a string was meant.",
    )


def too_deep(name: str, position: Position) -> TemplateError:
    """The error for more levels than anybody writes."""
    return TemplateError.at(
        name,
        position,
        "template-too-deep",
        f"Values are nested more than {MAX_DEPTH} levels deep.",
        "Move the deep part into a file of its own.",
    )


def json_positions(text: str) -> PositionTree:
    """The positions of a text that `read_json` has accepted."""
    root = PositionTree(Position(1, 1))
    nodes: dict[Path, PositionTree] = {(): root}
    for path, position in _walk(text):
        node = nodes[path] = PositionTree(position)
        if path:
            nodes[path[:-1]].children[path[-1]] = node
        else:
            root.position = position
            nodes[()] = root
    return root


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError
    return found


def _refuse_constant(text: str) -> Any:
    raise _NotANumberError(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NotANumberError(text)
    return number


def _refuse_deep_nesting(text: str, name: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in _OPENING:
            depth += 1
            if depth > MAX_DEPTH:
                raise too_deep(name, _Lines(text).at(token.start()))
        elif mark in "}]":
            depth -= 1


def _find_token(text: str, wanted: str) -> Position:
    for token in _TOKEN.finditer(text):
        if token.group() == wanted:
            return _Lines(text).at(token.start())
    return Position(1, 1)


def _find_duplicate(text: str) -> tuple[Position, Position, str]:
    seen: dict[Path, Position] = {}
    for path, position in _walk(text):
        if path in seen:
            return seen[path], position, str(path[-1])
        seen[path] = position
    raise AssertionError("the decoder saw a duplicate key that the scanner does not find")


class _Lines:
    """Turns offsets, asked for in rising order, into positions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line = 1
        self._start = 0

    def at(self, offset: int) -> Position:
        while (end := self._text.find("\n", self._start, offset)) >= 0:
            self._line += 1
            self._start = end + 1
        return Position(self._line, offset - self._start + 1)


def _walk(text: str) -> Iterator[tuple[Path, Position]]:
    """Every value with its path, in the text's order; a mapping's entry is reported at its key."""
    lines = _Lines(text)
    open_values: list[PathPart | None] = []  # per open container the key or index of the entry being read
    expects_key = False
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark == ":":
            expects_key = False
        elif mark == ",":
            last = open_values[-1]
            open_values[-1] = last + 1 if isinstance(last, int) else None
            expects_key = not isinstance(last, int)
        elif mark in "}]":
            open_values.pop()
            expects_key = False
        elif expects_key:
            open_values[-1] = json.loads(mark, strict=False)
            yield _path(open_values), lines.at(token.start())
        else:
            if not open_values or isinstance(open_values[-1], int):
                yield _path(open_values), lines.at(token.start())
            if mark in _OPENING:
                expects_key = mark == "{"
                open_values.append(None if expects_key else 0)


def _path(open_values: list[PathPart | None]) -> Path:
    return tuple(part for part in open_values if part is not None)
