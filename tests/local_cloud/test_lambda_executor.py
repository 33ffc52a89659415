"""What a Python function sees and how its failures are told; every test would pass against AWS too."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

Client = Callable[..., Any]
Function = Callable[..., str]
Bundle = Callable[[dict[str, str]], bytes]

pytestmark = pytest.mark.embedded


def call(client: Client, name: str, event: object = None, **given: Any) -> tuple[Any, dict[str, Any]]:
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **given)
    return json.loads(answer["Payload"].read()), answer


def test_an_exception_is_told_with_its_class_message_and_stack_trace(client: Client, function: Function) -> None:
    name = function(
        """
        class NotEnough(Exception):
            pass

        def handler(event, context):
            raise NotEnough("two are missing")
        """
    )
    body, answer = call(client, name)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["StatusCode"] == 200
    assert body["errorType"] == "NotEnough"
    assert body["errorMessage"] == "two are missing"
    assert "in handler" in body["stackTrace"][-1]


def test_the_environment_is_what_aws_documents_and_the_functions_own_settings(
    client: Client, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "must not leak")
    name = function(
        "import os\ndef handler(event, context): return dict(os.environ)",
        Environment={"Variables": {"COLOUR": "blue"}},
        MemorySize=256,
    )
    seen, _ = call(client, name)
    assert seen["COLOUR"] == "blue"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_REGION"] == "us-east-1"
    assert seen["_HANDLER"] == "app.handler"
    assert seen["TZ"] == ":UTC"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"
    assert "LAMBDA_TASK_ROOT" in seen
    assert "AWS_SESSION_TOKEN" in seen
    assert "SECRET_OF_THE_HOST" not in seen
    assert not [variable for variable in seen if variable.startswith(("LOCAL_CLOUD", "MINISTACK", "PYTEST", "VIRTUAL"))]


def test_credentials_are_a_session_of_the_functions_role(client: Client, function: Function) -> None:
    name = function(
        """
        import boto3

        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Arn"]
        """
    )
    arn, _ = call(client, name)
    assert arn.endswith(f":assumed-role/function/{name}")


def test_only_the_runtimes_own_packages_can_be_imported(client: Client, function: Function) -> None:
    name = function(
        """
        import importlib.util

        def handler(event, context):
            return {name: importlib.util.find_spec(name) is not None for name in event}
        """
    )
    seen, _ = call(client, name, ["boto3", "botocore", "pytest", "yaml", "aws_lambda_powertools", "towpath"])
    assert seen == {
        "boto3": True,
        "botocore": True,
        "pytest": False,
        "yaml": False,
        "aws_lambda_powertools": False,
        "towpath": False,
    }


def test_the_context_names_the_request_and_the_qualified_function(client: Client, function: Function) -> None:
    name = function(
        """
        def handler(event, context):
            return {
                "arn": context.invoked_function_arn,
                "name": context.function_name,
                "version": context.function_version,
                "request": context.aws_request_id,
                "left": context.get_remaining_time_in_millis(),
                "group": context.log_group_name,
                "memory": context.memory_limit_in_mb,
            }
        """
    )
    service = client("lambda")
    version = service.publish_version(FunctionName=name)["Version"]
    service.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    seen, answer = call(client, name, Qualifier="live")
    assert answer["ExecutedVersion"] == version
    assert seen["arn"].endswith(f":function:{name}:live")
    assert seen["version"] == version
    assert seen["request"] == answer["ResponseMetadata"]["RequestId"]
    assert 0 < seen["left"] <= 10_000
    assert seen["group"] == f"/aws/lambda/{name}"
    assert seen["memory"] == "128"
    assert call(client, name, Qualifier=version)[0]["arn"].endswith(f":function:{name}:{version}")
    assert call(client, name)[0]["arn"].endswith(f":function:{name}")


def test_a_warm_sandbox_is_used_again(client: Client, function: Function) -> None:
    name = function("count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count")
    assert [call(client, name)[0] for _ in range(3)] == [1, 2, 3]


def test_new_code_never_runs_in_an_old_sandbox(client: Client, function: Function, bundle: Bundle) -> None:
    name = function("def handler(event, context): return 'old'")
    assert call(client, name)[0] == "old"
    service = client("lambda")
    service.update_function_configuration(FunctionName=name, Environment={"Variables": {"A": "1"}})
    service.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
    service.publish_version(FunctionName=name)

    service.update_function_code(FunctionName=name, ZipFile=bundle({"app.py": "def handler(e, c): return 'new'"}))
    service.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
    assert call(client, name)[0] == "new"
    assert call(client, name, Qualifier="1")[0] == "old"


def test_parallel_invocations_run_at_the_same_time(client: Client, function: Function) -> None:
    name = function("import time\ndef handler(event, context):\n    time.sleep(1)\n    return 1")
    invoke = client("lambda").invoke
    with ThreadPoolExecutor(8) as threads:
        started = time.monotonic()
        answers = [threads.submit(invoke, FunctionName=name) for _ in range(8)]
    assert [answer.result()["StatusCode"] for answer in answers] == [200] * 8
    assert time.monotonic() - started < 6


def test_a_timeout_is_told_as_one_and_the_next_invocation_is_fresh(client: Client, function: Function) -> None:
    name = function(
        """
        import time
        count = 0

        def handler(event, context):
            global count
            count += 1
            time.sleep(event)
            return count
        """,
        Timeout=1,
    )
    assert call(client, name, 0)[0] == 1
    started = time.monotonic()
    body, answer = call(client, name, 30, LogType="Tail")
    assert time.monotonic() - started < 5
    assert answer["FunctionError"] == "Unhandled"
    assert body["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in body["errorMessage"]
    assert "Task timed out after 1.00 seconds" in base64.b64decode(answer["LogResult"]).decode()
    assert call(client, name, 0)[0] == 1


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import nothing_like_it\ndef handler(e, c): pass", "Runtime.ImportModuleError", "No module named"),
        ("def other(e, c): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(e, c:\n  pass", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("raise ValueError('at import')", "ValueError", "at import"),
        ("import sys\ndef handler(e, c): sys.exit(3)", "Runtime.ExitError", "exit status 3"),
        ("import os\ndef handler(e, c): os.kill(os.getpid(), 9)", "Runtime.ExitError", "signal: killed"),
        ("def handler(e, c): return object()", "Runtime.MarshalError", "not JSON serializable"),
        ("def handler(e, c): return 'x' * 6_300_000", "Function.ResponseSizeTooLarge", "6291556 bytes"),
    ],
)
def test_each_way_to_fail_has_its_own_error_type(
    client: Client, function: Function, source: str, error_type: str, message: str
) -> None:
    body, answer = call(client, function(source))
    assert answer["FunctionError"] == "Unhandled"
    assert body["errorType"] == error_type
    assert message in body["errorMessage"]


def test_the_log_is_framed_by_the_platforms_lines(client: Client, function: Function) -> None:
    name = function(
        """
        import logging

        def handler(event, context):
            print("from print")
            logging.getLogger().warning("from logging")
        """
    )
    tail = base64.b64decode(call(client, name, LogType="Tail")[1]["LogResult"]).decode()
    lines = tail.splitlines()
    assert lines[0].startswith("START RequestId: ")
    assert "from print" in lines
    assert any(line.startswith("[WARNING]") and line.endswith("from logging") for line in lines)
    assert lines[-2].startswith("END RequestId: ")
    assert "Init Duration" in lines[-1]
    assert "Memory Size: 128 MB" in lines[-1]
    events = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert [event["message"].strip() for event in events] == [line.strip() for line in lines]


def test_layers_can_be_imported_and_later_ones_win(client: Client, function: Function, bundle: Bundle) -> None:

    service = client("lambda")
    files = [{"python/first.py": "who = 1", "python/both.py": "who = 1"}, {"python/both.py": "who = 2"}]
    layers = [
        service.publish_layer_version(LayerName=f"layer-{number}", Content={"ZipFile": bundle(content)})[
            "LayerVersionArn"
        ]
        for number, content in enumerate(files)
    ]
    source = "import first, both\ndef handler(event, context): return [first.who, both.who]"
    assert call(client, function(source, Layers=layers))[0] == [1, 2]


def test_any_json_value_travels_both_ways(client: Client, function: Function) -> None:
    name = function("def handler(event, context): return event")
    values: list[object] = [{"a": [1, 2.5, None, True]}, "text with ü and \u2028", 7, None, [], ""]
    for value in values:
        assert call(client, name, value)[0] == value


def test_a_function_that_invokes_itself_for_ever_is_stopped(
    client: Client, function: Function, function_role: str
) -> None:
    """AWS stops the chain after about 16 invocations."""
    allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    policy = {"RoleName": function_role.rsplit("/", 1)[-1], "PolicyName": "invoke"}
    client("iam").put_role_policy(
        **policy, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    name = function(
        """
        import boto3
        client = boto3.client("lambda")

        def handler(event, context):
            print("HOP")
            client.invoke(FunctionName=context.function_name, InvocationType="Event")
        """
    )
    client("lambda").put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    logs, hops = client("logs"), -1
    logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    client("lambda").invoke(FunctionName=name, InvocationType="Event")
    for _ in range(60):
        time.sleep(0.5)
        before = hops
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="HOP")["events"]
        hops = len(found)
        if hops == before > 1:
            break
    client("iam").delete_role_policy(**policy)
    assert 14 <= hops <= 18
