"""Walks through a document's values with their paths, and rebuilds it with some of them replaced."""

from collections.abc import Callable, Iterator
from typing import Any, cast

from towpath.template.position import Path


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value with its path, a container before what it holds."""
    yield path, value
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from walk(item, (*path, index))


def rebuild(value: Any, replace: Callable[[Any, Path], Any], path: Path = ()) -> Any:
    """A copy in which each value is what `replace` makes of it; a value that it changes is not looked into again."""
    changed = replace(value, path)
    if changed is not value:
        return changed
    if isinstance(value, dict):
        return {key: rebuild(item, replace, (*path, key)) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [rebuild(item, replace, (*path, index)) for index, item in enumerate(cast("list[Any]", value))]
    return value


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value if it is a list, nothing if it is None, else a list of it alone."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]
