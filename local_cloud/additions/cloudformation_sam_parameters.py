"""The SAM transform knows the values of the parameters.

AWS: the transform sees the values that the operation is given, so that a parameter can name a code object, a policy's
argument or the hash that makes a new version
(https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html).
Stock ministack transforms with the defaults, whatever is given: an update by parameter changes nothing and says that it
succeeded.

Seams: `cloudformation.engine._apply_transforms`, and `samtranslator.translator.transform.transform`, which that imports
on each call.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack

_values: ContextVar[Mapping[str, Any] | None] = ContextVar("sam_parameter_values", default=None)


def install() -> None:
    replace("engine", "_apply_transforms", _with_values)
    translator: Any = importlib.import_module("samtranslator.translator.transform")
    stock = translator.transform

    def transform(template: Any, given: Mapping[str, Any], *rest: Any, **named: Any) -> Any:
        return stock(template, {**given, **(_values.get() or {})}, *rest, **named)

    translator.transform = transform


def _with_values(stock: Callable[..., Any]) -> Callable[..., Any]:
    def apply(template: Mapping[str, Any], given: Any = None, previous: Any = None) -> Any:
        parameters = ministack("services.cloudformation.engine")._transform_parameters
        token = _values.set(parameters(template, given, previous or {}))
        try:
            return stock(template, given, previous)
        finally:
            _values.reset(token)

    return apply
