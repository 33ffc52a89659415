"""What a Task state's call becomes: one request of the service's API, its answer or error in the spelling AWS gives it.

Decides how a resource ARN names a botocore client and operation, how parameters and results are spelled (the names of
the AWS SDK for Java 2, in which Step Functions speaks), and how an API error becomes an error name.
Sources: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html and …/connect-lambda.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from local_cloud.asl.failure import RUNTIME, StateFailure
from local_cloud.asl.resource import Resource


class Clients(Protocol):
    def get(self, service: str, region: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Optimized:
    """A service with an integration of its own: its client, its name in errors, its base exception (Java SDK 1)."""

    client: str
    prefix: str
    base: str


_OPTIMIZED = {
    "lambda": _Optimized("lambda", "Lambda", "AWSLambdaException"),
    "states": _Optimized("stepfunctions", "StepFunctions", "AWSStepFunctionsException"),
    "events": _Optimized("events", "EventBridge", "AmazonEventBridgeException"),
    "sqs": _Optimized("sqs", "SQS", "AmazonSQSException"),
    "sns": _Optimized("sns", "SNS", "AmazonSNSException"),
    "dynamodb": _Optimized("dynamodb", "DynamoDB", "AmazonDynamoDBException"),
}
# Where the SDK's name for a service is not botocore's.
_CLIENTS = {
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "rdsdata": "rds-data",
    "elasticloadbalancingv2": "elbv2",
    "cognitoidentityprovider": "cognito-idp",
    "applicationautoscaling": "application-autoscaling",
}


def perform(resource: Resource, arguments: Any, clients: Clients, region: str) -> Any:
    """Make the call and return its result as the state sees it; raises `StateFailure`. Blocks as long as the call."""
    if resource.is_function:
        return _invoke(clients.get("lambda", region), {"FunctionName": resource.arn, "Payload": arguments})["Payload"]
    if resource.service == "lambda" and resource.action == "invoke":
        return _invoke(clients.get("lambda", region), arguments)
    if resource.service.startswith("aws-sdk:"):
        return _sdk(resource, arguments, clients, region)
    return _optimized(resource, arguments, clients, region)


def _invoke(client: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in arguments.items() if name != "Payload"}
    payload = json.dumps(arguments["Payload"], ensure_ascii=False).encode() if "Payload" in arguments else b""
    answer = _request(client, "invoke", {**given, "Payload": payload}, _OPTIMIZED["lambda"])
    body: bytes = answer["Payload"].read()
    if "FunctionError" in answer:
        raise _function_error(body)
    return {
        "ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"),
        "Payload": _json_or_text(body),
        **_metadata(answer),
        "StatusCode": answer["StatusCode"],
    }


def _function_error(body: bytes) -> StateFailure:
    """The error's name is the exception's class, and its cause the whole document that the runtime reported."""
    report = _json_or_text(body)
    name = cast(Mapping[str, Any], report).get("errorType") if isinstance(report, dict) else None
    return StateFailure(str(name or "Lambda.Unknown"), body.decode(errors="replace"))


def _optimized(resource: Resource, arguments: Any, clients: Clients, region: str) -> Any:
    known = _OPTIMIZED.get(resource.service)
    if known is None:
        raise StateFailure(
            RUNTIME, f"This embedded AWS lacks the integration '{resource.arn}'; its aws-sdk form may be there"
        )
    client = clients.get(known.client, region)
    answer = _request(client, _operation(client, resource), _given(client, resource, arguments, texts=True), known)
    if answer.get("FailedEntryCount"):
        raise StateFailure("EventBridge.FailedEntry", json.dumps(_spelled(answer, _output(client, resource), _capital)))
    result: dict[str, Any] = _spelled(answer, _output(client, resource), _capital)
    return {**result, **_metadata(answer)}


def _sdk(resource: Resource, arguments: Any, clients: Clients, region: str) -> Any:
    name = resource.service.removeprefix("aws-sdk:")
    client = clients.get(_CLIENTS.get(name, name), region)
    answer = _request(client, _operation(client, resource), _given(client, resource, arguments), None)
    return _spelled(answer, _output(client, resource), sdk_name)


def _operation(client: Any, resource: Resource) -> str:
    """The client's method; its model's operation names differ from the resource's action in their first letter."""
    wanted = resource.action[0].upper() + resource.action[1:]
    for method, operation in client.meta.method_to_api_mapping.items():
        if operation == wanted:
            return method
    raise StateFailure(RUNTIME, f"The service of '{resource.arn}' has no action '{resource.action}'")


def _model(client: Any, resource: Resource) -> Any:
    return client.meta.service_model.operation_model(resource.action[0].upper() + resource.action[1:])


def _output(client: Any, resource: Resource) -> Any:
    return _model(client, resource).output_shape


def _given(client: Any, resource: Resource, arguments: Any, *, texts: bool = False) -> dict[str, Any]:
    shape = _model(client, resource).input_shape
    return _named(arguments or {}, shape, texts) if shape is not None else {}


def _named(value: Any, shape: Any, texts: bool) -> Any:
    """Members renamed from the Java SDK's spelling to the model's; with `texts`, objects for text become JSON."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {sdk_name(name): name for name in shape.members} | {name: name for name in shape.members}
        named: dict[str, Any] = {}
        for key, item in cast(dict[str, Any], value).items():
            name = members.get(key, key)
            named[name] = _named(item, shape.members[name], texts) if name in shape.members else item
        return named
    if shape.type_name == "list" and isinstance(value, list):
        return [_named(item, shape.member, texts) for item in cast(list[Any], value)]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _named(item, shape.value, texts) for key, item in cast(dict[str, Any], value).items()}
    if shape.type_name == "string" and texts and isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return value.encode() if shape.type_name == "blob" and isinstance(value, str) else value


def _spelled(value: Any, shape: Any, rename: Callable[[str], str]) -> Any:
    """An answer's members as the integration spells them, times as ISO 8601, bodies as text."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        known = {name: member for name, member in shape.members.items() if value.get(name) is not None}
        return {rename(name): _spelled(value[name], member, rename) for name, member in known.items()}
    if shape.type_name == "list":
        return [_spelled(item, shape.member, rename) for item in value]
    if shape.type_name == "map":
        return {key: _spelled(item, shape.value, rename) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if shape.type_name == "blob":
        return (value.read() if hasattr(value, "read") else value).decode(errors="replace")
    return value


def _capital(name: str) -> str:
    """Integrations of their own keep the API's names, `MD5OfMessageBody`, and capitalize `executionArn`."""
    return name[0].upper() + name[1:]


def sdk_name(name: str) -> str:
    """`KMSKeyId` → `KmsKeyId`, `executionArn` → `ExecutionArn`; DynamoDB's `NULL` is `Nul`, as in the SDK."""
    if name == "NULL":
        return "Nul"
    spelled = re.sub(r"[A-Z]{2,}(?=[A-Z][a-z])|[A-Z]{2,}", lambda run: run[0].capitalize(), name)
    return spelled[0].upper() + spelled[1:]


def _request(client: Any, method: str, arguments: Mapping[str, Any], optimized: _Optimized | None) -> dict[str, Any]:
    service: str = client.meta.service_model.service_id.replace(" ", "")
    prefix = optimized.prefix if optimized else sdk_name(service)
    try:
        return getattr(client, method)(**arguments)
    except ClientError as error:
        raise _api_error(client, error, prefix, optimized) from error
    except ParamValidationError as error:
        raise StateFailure(RUNTIME, f"The parameters of '{prefix}:{method}' are not valid: {error}") from error
    except BotoCoreError as error:
        raise StateFailure(f"{prefix}.SdkClientException", str(error)) from error


def _api_error(client: Any, error: ClientError, prefix: str, optimized: _Optimized | None) -> StateFailure:
    answer = cast(dict[str, Any], error.response)
    code, message = str(answer["Error"].get("Code")), str(answer["Error"].get("Message", ""))
    status, request = _http_metadata(answer)["HttpStatusCode"], _request_id(answer)
    shape = client.meta.service_model.shape_for_error_code(code)
    if optimized is None:
        name = _exception(shape.name) if shape is not None else f"{prefix}Exception"
        return StateFailure(
            f"{prefix}.{name}", f"{message} (Service: {prefix}, Status Code: {status}, Request ID: {request})"
        )
    name = _exception(shape.name) if shape is not None else optimized.base
    details = f"Service: {optimized.base.removesuffix('Exception')}; Status Code: {status}; Error Code: {code}"
    return StateFailure(f"{prefix}.{name}", f"{message} ({details}; Request ID: {request}; Proxy: null)")


def _exception(shape_name: str) -> str:
    name = sdk_name(shape_name.rsplit(".", 1)[-1])
    return name if name.endswith("Exception") else f"{name.removesuffix('Fault')}Exception"


def _metadata(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {"SdkHttpMetadata": _http_metadata(answer), "SdkResponseMetadata": {"RequestId": _request_id(answer)}}


def _http_metadata(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {"HttpStatusCode": answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)}


def _request_id(answer: Mapping[str, Any]) -> str:
    return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))


def _json_or_text(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
