"""An alias with weights splits its invocations between two versions.

AWS: `RoutingConfig.AdditionalVersionWeights` sends that share of the invocations to the other version, whoever invokes
the alias; the answer's `X-Amz-Executed-Version` names the version, the context's ARN stays the alias
(https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).

Stock ministack: stores the weights, echoes them and invokes `FunctionVersion` always; other services' invocations of an
alias see the version's ARN.

Seam: `lambda_svc._invoke`, `_execute_function` and `invoke_async_with_retry` for the Invoke API;
`_get_func_record_for_ref` for everything that invokes by name or ARN (Step Functions, EventBridge, S3, SNS, function
URLs, custom resources); `_get_func_record_for_qualifier` while event source mappings are polled, not otherwise, since
it also serves GetFunction, which must not be routed.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

# Set while an alias is invoked through its chosen version: (function, version, ARN of the alias).
_through_alias: ContextVar[tuple[str, str, str] | None] = ContextVar("through_alias", default=None)
_polling: ContextVar[bool] = ContextVar("polling", default=False)


def choose_version(alias: Mapping[str, Any], draw: float) -> str:
    """The version that an invocation with this `draw` from [0, 1) goes to."""
    routing: Mapping[str, Mapping[str, float]] = alias.get("RoutingConfig") or {}
    reached = 0.0
    for version, weight in routing.get("AdditionalVersionWeights", {}).items():
        reached += float(weight)
        if draw < reached:
            return version
    return alias["FunctionVersion"]


def install() -> None:
    lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
    _route_invoke(lambda_svc)
    _route_references(lambda_svc)
    for poll in ("_poll_sqs", "_poll_kinesis", "_poll_dynamodb_streams"):
        setattr(lambda_svc, poll, _while_polling(getattr(lambda_svc, poll)))


def _route_invoke(lambda_svc: Any) -> None:
    stock_invoke = lambda_svc._invoke

    async def invoke(
        name: str, event: Any, headers: Mapping[str, str], path_qualifier: str | None = None, query_params: Any = None
    ) -> Any:
        first: Callable[[Any, str], str] = lambda_svc._qp_first
        asked = path_qualifier or first(query_params or {}, "Qualifier") or first(headers, "x-amz-qualifier") or None
        alias = _alias(lambda_svc._functions.get(name), asked)
        if alias is not None:
            path_qualifier = choose_version(alias, random.random())  # noqa: S311 -- a share of traffic, not a secret
            _through_alias.set((name, path_qualifier, alias["AliasArn"]))
        return await stock_invoke(name, event, headers, path_qualifier, query_params)

    lambda_svc._invoke = invoke
    for seam in ("_execute_function", "invoke_async_with_retry"):
        setattr(lambda_svc, seam, _as_alias(getattr(lambda_svc, seam)))


def _as_alias(stock: Callable[[Mapping[str, Any], Any], Any]) -> Callable[[Mapping[str, Any], Any], Any]:
    """The version was chosen; what runs it and what is counted must see the alias."""

    def run(func: Mapping[str, Any], event: Any) -> Any:
        through = _through_alias.get()
        config: Mapping[str, Any] = func.get("config", {})
        if through is not None and through[0] == config.get("FunctionName"):
            func = {**func, "config": {**config, "FunctionArn": through[2]}}
        return stock(func, event)

    return run


def _route_references(lambda_svc: Any) -> None:
    by_ref, by_qualifier = lambda_svc._get_func_record_for_ref, lambda_svc._get_func_record_for_qualifier

    def for_ref(reference: str) -> tuple[Any, Any, str]:
        record, config, name = by_ref(reference)
        base, _, _ = lambda_svc._get_base_func_record_for_ref(reference)
        _, qualifier = lambda_svc._resolve_name_and_qualifier(reference)
        return (*_routed(base, qualifier, record, config), name)

    def for_qualifier(name: str, qualifier: str | None) -> tuple[Any, Any]:
        record, config = by_qualifier(name, qualifier)
        return (
            _routed(lambda_svc._functions.get(name), qualifier, record, config) if _polling.get() else (record, config)
        )

    lambda_svc._get_func_record_for_ref = for_ref
    lambda_svc._get_func_record_for_qualifier = for_qualifier


def _routed(base: Any, qualifier: str | None, record: Any, config: Any) -> tuple[Any, Any]:
    """The chosen version's record under the alias's ARN; what belongs to the function as a whole goes along."""
    alias = _alias(base, qualifier)
    if alias is None or record is None:
        return record, config
    chosen = base["versions"].get(choose_version(alias, random.random()), record)  # noqa: S311 -- as above
    config = {**chosen["config"], "FunctionArn": alias["AliasArn"]}
    of_function = {name: base[name] for name in ("concurrency", "event_invoke_configs") if name in base}
    return {**of_function, **chosen, "config": config}, config


def _alias(base: Mapping[str, Any] | None, qualifier: str | None) -> Mapping[str, Any] | None:
    aliases: Mapping[str, Any] = (base or {}).get("aliases") or {}
    return aliases.get(qualifier or "")


def _while_polling(poll: Callable[[], Any]) -> Callable[[], Any]:
    def polling() -> Any:
        token = _polling.set(True)
        try:
            return poll()
        finally:
            _polling.reset(token)

    return polling
