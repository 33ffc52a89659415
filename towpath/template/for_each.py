"""Unrolls `Fn::ForEach` loops, before anything else is resolved.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from towpath.template.limits import MAX_NODES
from towpath.template.position import Path

PREFIX = "Fn::ForEach::"
Collection = Callable[[Any, Path], list[str] | None]
"""Evaluates a loop's collection; None when it is not known."""
Complain = Callable[[Path, str], None]


def resources_in(resources: Any, path: Path = ("Resources",)) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Path, logical id and entry of every resource of a section, those in the bodies of loops as they stand there."""
    for logical_id, entry in cast("dict[str, Any]", resources).items() if isinstance(resources, dict) else ():
        if logical_id.startswith(PREFIX):
            parts = cast("list[Any]", entry) if isinstance(entry, list) else []
            if len(parts) == 3:
                yield from resources_in(parts[2], (*path, logical_id, 2))
        elif isinstance(entry, dict):
            yield (*path, logical_id), logical_id, cast("dict[str, Any]", entry)


class LoopExpander:
    """Unrolls the loops of one template. `complain` hears of every loop that cannot be unrolled."""

    def __init__(self, collection: Collection, complain: Complain) -> None:
        self._collection = collection
        self._complain = complain
        self._left = MAX_NODES

    def expand(self, value: Any, path: Path) -> Any:
        """The value with every loop in it unrolled; a loop that cannot be is left out and reported."""
        self._left -= 1
        if isinstance(value, list):
            return [self.expand(item, (*path, index)) for index, item in enumerate(cast("list[Any]", value))]
        if not isinstance(value, dict):
            return value
        entries: dict[str, Any] = {}
        for key, item in cast("dict[str, Any]", value).items():
            if key.startswith(PREFIX):
                entries.update(self._loop(item, (*path, key)))
            else:
                entries[key] = self.expand(item, (*path, key))
        return entries

    def _loop(self, loop: Any, path: Path) -> dict[str, Any]:
        parts = cast("list[Any]", loop) if isinstance(loop, list) else []
        if len(parts) != 3 or not isinstance(parts[0], str) or not isinstance(parts[2], dict):
            self._complain(path, "A loop is a list of an identifier, a collection and a mapping.")
            return {}
        items = self._collection(parts[1], (*path, 1))
        if items is None:
            self._complain(path, "The collection of this loop is not known before deployment.")
            return {}
        entries: dict[str, Any] = {}
        for item in items:
            if self._left <= 0:
                self._complain(path, "The loops of this template make too many values.")
                return {}
            entries.update(self.expand(_bind(parts[2], parts[0], item), (*path, 2)))
        return entries


def _bind(value: Any, identifier: str, item: str) -> Any:
    """The loop's body for one item: `${Identifier}`, `&{Identifier}` and `Ref` of the identifier are replaced."""
    if isinstance(value, str):
        return _bind_text(value, identifier, item)
    if isinstance(value, list):
        return [_bind(part, identifier, item) for part in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": identifier}:
        return item
    entries = cast("dict[str, Any]", value)
    return {_bind_text(key, identifier, item): _bind(part, identifier, item) for key, part in entries.items()}


def _bind_text(text: str, identifier: str, item: str) -> str:
    alphanumeric = re.sub(r"[^A-Za-z0-9]", "", item)
    return text.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", alphanumeric)
