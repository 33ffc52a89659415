"""Python functions run in sandboxes under AWS's own runtime client.

AWS: each invocation runs in an execution environment of its function version, alone in it, with the documented
environment variables and nothing else; errors carry the exception's class and stack trace; time-outs, exits, import
errors and oversized responses have error types of their own; START, END and REPORT frame the log
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, .../python-exceptions.html).

A declared runtime runs on that interpreter; one that this machine lacks is refused by name (`Runtime.Unavailable`),
unless the server was told to take the nearest.

Stock ministack: every error is `Runtime.HandlerError`, the server's environment and packages are visible to the
function, the declared runtime is ignored, invocations of one worker queue up.

Seam: `lambda_svc._execute_function_warm` for Python runtimes (other runtimes stay with ministack),
`lambda_svc._emit_lambda_logs` for what these sandboxes wrote, `lambda_svc.reset`; `app._dispatch_service_request` and
`lambda_svc._invoke`, so that the id of an answer, of its retries and of the function's context are one;
`lambda_svc._inbound_invoke_depth`, because the recursion count travels in the trace header's lineage, as on AWS.
"""

from __future__ import annotations

import importlib
import json
import re
import secrets
import time
import zlib
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from local_cloud.function_role import may
from local_cloud.lambda_runtime import logs
from local_cloud.lambda_runtime.code import CodeStore
from local_cloud.lambda_runtime.function import Function, Outcome, platform_error
from local_cloud.lambda_runtime.interpreters import InterpreterMissingError, build_runtime_folder, interpreter
from local_cloud.lambda_runtime.pool import Pool
from local_cloud.lambda_runtime.runtime_api import Invocation
from local_cloud.settings import settings

_LOG_SOURCE = "sandbox"
_LINEAGE = re.compile(r"Lineage=1:[0-9a-f]+:(\d+)")


class Executor:
    """Turns ministack's records of functions and results into those of the sandboxes, and back."""

    def __init__(self, lambda_svc: Any) -> None:
        folder = settings().folder / "lambda"
        self._lambda_svc = lambda_svc
        self._credentials: Any = importlib.import_module("ministack.core.lambda_runtime").execution_credentials
        self._code = CodeStore(folder / "unpacked")
        self._runtime = build_runtime_folder(folder / "runtime")
        self._pool = Pool(folder / "homes")

    def execute(self, record: Mapping[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        config: Mapping[str, Any] = record["config"]
        try:
            function = self._function(config, record)
        except InterpreterMissingError as missing:
            return _result(Outcome(platform_error("Runtime.Unavailable", str(missing)), True, (str(missing),), ""), "")
        invocation = Invocation(
            request_id=request_id,
            payload=json.dumps(event).encode(),
            arn=config["FunctionArn"],
            deadline=time.time() + function.timeout,
            trace_id=self._trace_id(config),
        )
        outcome = self._pool.invoke(function, invocation)
        if self._may_log(config, function.log_group):
            logs.deliver(function.log_group, outcome)
        return _result(outcome, function.log_group)

    def _may_log(self, config: Mapping[str, Any], group: str) -> bool:
        """Lambda writes the log with the function's role; without the permission there is none, as on AWS."""
        region, account = config["FunctionArn"].split(":")[3:5]
        return may(config, "logs:PutLogEvents", f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:x")

    def forget(self) -> None:
        self._pool.clear()
        self._code.clear()

    def close(self) -> None:
        self._pool.close()

    def _function(self, config: Mapping[str, Any], record: Mapping[str, Any]) -> Function:
        at = settings()
        name = config["FunctionName"]
        unqualified = ":".join(config["FunctionArn"].split(":")[:7])
        logging: Mapping[str, Any] = config.get("LoggingConfig") or {}
        environment: Mapping[str, Any] = config.get("Environment") or {}
        return Function(
            name=name,
            version=config.get("Version", "$LATEST"),
            runtime=config["Runtime"],
            handler=config["Handler"],
            memory=int(config.get("MemorySize", 128)),
            timeout=int(config.get("Timeout", 3)),
            region=unqualified.split(":")[3],
            log_group=logging.get("LogGroup") or f"/aws/lambda/{name}",
            credentials=self._credentials({**config, "FunctionArn": unqualified}),
            own=environment.get("Variables") or {},
            endpoint=at.endpoint,
            interpreter=interpreter(config["Runtime"], nearest=at.nearest_python),
            runtime_folder=self._runtime,
            bundle=self._code.bundle(config["CodeSha256"], record["code_zip"]),
            opt=self._layers(config),
        )

    def _layers(self, config: Mapping[str, Any]) -> Any:
        layers: list[Mapping[str, Any]] = config.get("Layers") or []
        names = tuple(f"{layer['Arn']} {layer.get('CodeSize')}" for layer in layers)
        resolve = self._lambda_svc._resolve_layer_zip
        return self._code.layers(names, lambda: [content for content in map(resolve, layers) if content])

    def _trace_id(self, config: Mapping[str, Any]) -> str:
        given: str | None = self._lambda_svc._xray_trace_id_for_invocation(config)
        root = given or f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
        depth = self._lambda_svc._invoke_depth.get()
        return f"{root};Lineage=1:{zlib.crc32(config['FunctionArn'].encode()):08x}:{depth}"


_executor: list[Executor] = []
_http_request: ContextVar[str] = ContextVar("http_request", default="")
_invoke_request: ContextVar[str] = ContextVar("invoke_request", default="")


def install() -> None:
    lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
    app: Any = importlib.import_module("ministack.app")
    executor = Executor(lambda_svc)
    _executor.append(executor)
    stock_warm, stock_logs = lambda_svc._execute_function_warm, lambda_svc._emit_lambda_logs
    stock_reset, stock_depth = lambda_svc.reset, lambda_svc._inbound_invoke_depth

    stock_invoke, stock_dispatch = lambda_svc._invoke, app._dispatch_service_request

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        runtime: str = func.get("config", func).get("Runtime") or ""
        if runtime.startswith("python") and func.get("code_zip"):
            return executor.execute(func, event, _invoke_request.get() or request_id)
        return stock_warm(func, event, request_id)

    def emit_logs(*args: Any, log_source: str | None = None) -> None:
        if log_source != _LOG_SOURCE:
            stock_logs(*args, log_source=log_source)

    def reset() -> None:
        executor.forget()
        stock_reset()

    def depth(headers: Mapping[str, str]) -> int:
        lineage = _LINEAGE.search(headers.get("x-amzn-trace-id", ""))
        return int(lineage[1]) if lineage else stock_depth(headers)

    async def dispatch(*args: Any) -> Any:
        _http_request.set(args[-1])
        return await stock_dispatch(*args)

    async def invoke(*args: Any, **named: Any) -> Any:
        _invoke_request.set(_http_request.get())
        return await stock_invoke(*args, **named)

    lambda_svc._execute_function_warm = execute
    lambda_svc._invoke = invoke
    app._dispatch_service_request = dispatch
    lambda_svc._emit_lambda_logs = emit_logs
    lambda_svc.reset = reset
    lambda_svc._inbound_invoke_depth = depth


def close() -> None:
    while _executor:
        _executor.pop().close()


def _result(outcome: Outcome, log_group: str) -> dict[str, Any]:
    """As ministack's executors answer; `log_source` keeps it from writing the log a second time."""
    result: dict[str, Any] = {
        "body": json.loads(outcome.payload) if outcome.payload else None,
        "log": "\n".join(outcome.log),
        "log_source": _LOG_SOURCE if log_group else None,
    }
    return {**result, "error": True, "function_error": "Unhandled"} if outcome.failed else result
