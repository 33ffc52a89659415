"""What JSONPath states select: paths, payload templates, intrinsic functions and result paths.

Decides that a path which finds nothing fails the state, what `$$` and `$variable` refer to, and how a result is put
into the input. Splitting paths and computing intrinsic functions is left to ministack, whose parsers are sound.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

from __future__ import annotations

import copy
import importlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from local_cloud.asl.failure import INTRINSIC, PARAMETER_PATH, RESULT_PATH_MATCH, RUNTIME, StateFailure

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)(.*)", re.DOTALL)


class MissingPath(LookupError):  # noqa: N818 -- for IsPresent it is an answer, not an error
    pass


@dataclass(frozen=True, slots=True)
class Sources:
    """What the roots of a path stand for: `$`, `$$` and `$name`."""

    document: Any
    context: Mapping[str, Any]
    variables: Mapping[str, Any]

    def with_document(self, document: Any) -> Sources:
        return Sources(document, self.context, self.variables)


def select(path: str, sources: Sources) -> Any:
    """The value at a path, or a call of an intrinsic function; raises `StateFailure` when there is none."""
    try:
        return find(path, sources)
    except MissingPath as missing:
        raise StateFailure(
            PARAMETER_PATH,
            f"The JSONPath '{path}' specified for the field could not be found in the input "
            f"'{json.dumps(sources.document)}'",
        ) from missing


def find(path: str, sources: Sources) -> Any:
    """`select`, but raising `MissingPath` when the path finds nothing."""
    if path.startswith("States."):
        return _intrinsic(path, sources)
    root, rest = _root(path, sources)
    tokens: list[tuple[str, Any]] | None = _stock()._parse_jsonpath_tokens("$" + rest)
    if tokens is None:
        raise StateFailure(RUNTIME, f"The JSONPath '{path}' uses syntax that this embedded AWS does not know")
    found = [root]
    for kind, key in tokens:
        found = [item for value in found for item in _step(value, kind, key)]
    if any(kind == "wildcard" for kind, _ in tokens):
        return found
    if not found:
        raise MissingPath(path)
    return found[0]


def fill(template: Any, sources: Sources) -> Any:
    """A payload template: fields whose names end in `.$` take the value of their path."""
    if isinstance(template, list):
        return [fill(item, sources) for item in cast(list[Any], template)]
    if not isinstance(template, dict):
        return template
    filled: dict[str, Any] = {}
    for name, value in cast(dict[str, Any], template).items():
        if name.endswith(".$"):
            filled[name[:-2]] = select(str(value), sources)
        else:
            filled[name] = fill(value, sources)
    return filled


def put(path: str | None, document: Any, value: Any) -> Any:
    """The document with the value at a result path; null keeps the document, `$` replaces it."""
    if path is None:
        return document
    tokens: list[tuple[str, Any]] | None = _stock()._parse_jsonpath_tokens(path)
    if not tokens:
        return value
    result: Any = copy.deepcopy(document)
    if not isinstance(result, dict):
        raise StateFailure(RESULT_PATH_MATCH, f"Unable to apply ReferencePath {path} to input {json.dumps(document)}")
    place = cast(dict[str, Any], result)
    for _, key in tokens[:-1]:
        inner = place.setdefault(str(key), {})
        if not isinstance(inner, dict):
            raise StateFailure(
                RESULT_PATH_MATCH, f"Unable to apply ReferencePath {path} to input {json.dumps(document)}"
            )
        place = cast(dict[str, Any], inner)
    place[str(tokens[-1][1])] = value
    return cast(Any, result)


def _root(path: str, sources: Sources) -> tuple[Any, str]:
    if path.startswith("$$"):
        return sources.context, path[2:]
    variable = _VARIABLE.fullmatch(path)
    if variable is None:
        return sources.document, path[1:]
    if variable[1] not in sources.variables:
        raise MissingPath(path)
    return sources.variables[variable[1]], variable[2]


def _step(value: Any, kind: str, key: Any) -> list[Any]:
    if kind == "field":
        return [value[key]] if isinstance(value, dict) and key in value else []
    if kind == "index":
        items = cast(list[Any], value) if isinstance(value, list) else []
        return [items[key]] if key < len(items) else []
    if isinstance(value, dict):
        return list(cast(dict[str, Any], value).values())
    return cast(list[Any], value) if isinstance(value, list) else []


def _intrinsic(expression: str, sources: Sources) -> Any:
    stock = _stock()
    try:
        call, _ = stock._parse_intrinsic_call(expression, 0)
        return stock._exec_intrinsic(_resolved(call, sources), None, {})
    except (StateFailure, MissingPath):
        raise
    except Exception as error:
        raise StateFailure(INTRINSIC, f"The intrinsic function '{expression}' failed: {error}") from error


def _resolved(node: tuple[Any, ...], sources: Sources) -> tuple[Any, ...]:
    if node[0] == "path":
        return ("str", select(node[1], sources))
    if node[0] == "call":
        return ("call", node[1], [_resolved(argument, sources) for argument in node[2]])
    return node


def _stock() -> Any:
    return importlib.import_module("ministack.services.stepfunctions")
