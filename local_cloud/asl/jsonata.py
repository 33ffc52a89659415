"""What a `{% … %}` expression yields, as Step Functions' JSONata does.

Decides the six functions that Step Functions adds and the one it takes away ($eval), that an expression without a
result is an error, what `null` is, and which JSON type a field may yield. The language itself is jsonata-python's.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import math
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any, cast

from local_cloud.asl.failure import QUERY_EVALUATION, StateFailure

MILLISECONDS = 1000
_engine: Any = importlib.import_module("jsonata")
_NULL: Any = importlib.import_module("jsonata.utils").Utils.NULL_VALUE
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def is_expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def syntax_error(expression: str) -> str | None:
    """Why the text between `{%` and `%}` is no JSONata, or None when it is."""
    try:
        _engine.Jsonata.jsonata(expression)
    except Exception as error:  # noqa: BLE001 -- jsonata-python raises whatever its parser stumbles over
        return _explain(error)
    return None


def evaluate(template: Any, bindings: Mapping[str, Any], field: str) -> Any:
    """The template with every expression in it replaced by its value; `bindings` are the `$names`.

    Raises `StateFailure` States.QueryEvaluationError, naming the field's path and the expression.
    """
    return _template(template, {name: _inward(value) for name, value in bindings.items()}, field)


def typed(template: Any, bindings: Mapping[str, Any], field: str, expected: str) -> Any:
    """`evaluate`, held to a JSON type: number, string, array, object or boolean."""
    value = evaluate(template, bindings, field)
    if json_type(value) != expected:
        raise _failure(
            f"The JSONata expression '{_inner(template)}' specified for the field '{field}' returned an unexpected "
            f"result type. Expected '{expected}', but was '{json_type(value)}' for value: {json.dumps(value)}",
            field,
        )
    return value


def json_type(value: object) -> str:
    if value is None:
        return "null"
    for kinds, name in (((bool,), "boolean"), ((int, float), "number"), ((str,), "string"), ((list,), "array")):
        if isinstance(value, kinds):
            return name
    return "object"


def _template(value: Any, bindings: dict[str, Any], field: str) -> Any:
    if is_expression(value):
        return _expression(_inner(value), bindings, field)
    if isinstance(value, dict):
        entries = cast(dict[str, Any], value).items()
        return {name: _template(item, bindings, f"{field}/{name}") for name, item in entries}
    if isinstance(value, list):
        items = cast(list[Any], value)
        return [_template(item, bindings, f"{field}[{index}]") for index, item in enumerate(items)]
    return value


def _inner(value: object) -> str:
    text = str(value)
    return text[2:-2].strip() if is_expression(text) else text


def _expression(text: str, bindings: dict[str, Any], field: str) -> Any:
    try:
        expression = _compiled(text)
        expression.environment.set_runtime_bounds(MILLISECONDS, None)  # its clock starts when it is set
        value = expression.evaluate(None, bindings)
        if value is not None:
            return _outward(value)
    except Exception as error:
        raise _failure(
            f"The JSONata expression '{text}' specified for the field '{field}' threw an error during evaluation. "
            f"{_explain(error)}",
            field,
        ) from error
    raise _failure(
        f"The JSONata expression '{text}' specified for the field '{field}' returned nothing (undefined).", field
    )


def _failure(cause: str, field: str) -> StateFailure:
    return StateFailure(QUERY_EVALUATION, cause, field=field)


def _explain(error: Exception) -> str:
    code = getattr(error, "error", None)
    return f"{code}: {error}" if isinstance(code, str) and code and not str(error).startswith(code) else str(error)


@functools.lru_cache(maxsize=4096)
def _compiled(text: str) -> Any:
    expression = _engine.Jsonata.jsonata(text)
    expression.set_output_convert_nulls(False)
    for name, function in _FUNCTIONS.items():
        expression.register_lambda(name, function)
    return expression


def _inward(value: Any) -> Any:
    """jsonata-python takes None for undefined wherever it stands, so every null becomes its own null."""
    if value is None:
        return _NULL
    if isinstance(value, dict):
        return {name: _inward(item) for name, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_inward(item) for item in cast(list[Any], value)]
    return value


def _outward(value: Any) -> Any:
    if value is _NULL or value is None:
        return None
    if isinstance(value, dict):
        return {str(name): _outward(item) for name, item in cast(dict[Any, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [_outward(item) for item in cast(list[Any], value)]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("D1001: Number out of range")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, (str, bool, int)):
        return value
    raise ValueError(f"a result must be JSON, not {type(value).__name__}")


def _partition(array: Any, size: float) -> Any:
    size = math.floor(size)
    if size < 1:
        raise ValueError("$partition needs a chunk size of at least 1")
    return [array[start : start + size] for start in range(0, len(array), size)]


def _range(start: float, end: float, step: float) -> list[int]:
    first, last, stride = math.floor(start), math.floor(end), math.floor(step)
    if stride == 0:
        raise ValueError("$range needs a step other than 0")
    return list(range(first, last + (1 if stride > 0 else -1), stride))


def _hash(text: str, algorithm: str) -> str:
    if algorithm not in _HASHES:
        raise ValueError(f"$hash knows {', '.join(_HASHES)}, not {algorithm}")
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _random(seed: float | None = None) -> float:
    return (random.Random(math.floor(seed)) if seed is not None else random).random()  # noqa: S311 -- a workflow's dice


def _parse(text: str) -> Any:
    return _inward(json.loads(text))


def _distinct(array: Any = None) -> Any:
    """jsonata-python turns the one value left of [1, 1] into 1; the reference keeps the array."""
    if not isinstance(array, list):
        return array
    items = cast(list[Any], array)
    return [item for index, item in enumerate(items) if item not in items[:index]]


def _eval(*_: Any) -> Any:
    raise ValueError("$eval is not available in Step Functions; use $parse for JSON")


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": _parse,
    "distinct": _distinct,
    "eval": _eval,
}
