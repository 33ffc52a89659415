"""Invokes a Lambda function, by version number before traffic and through its alias after it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from towpath.aws.probing.clients import ProbeClients
from towpath.traffic.ports import Observation, ProbeAnswer

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def send(clients: ProbeClients, target: Mapping[str, Any], timeout: float) -> Observation:
    """One synchronous invocation. The status is the payload's own `statusCode` where there is one, else 200."""
    client: LambdaClient = clients.get("lambda", timeout)
    payload = json.dumps(target.get("payload", {})).encode()
    qualifier = target.get("qualifier")
    if qualifier:
        answer = client.invoke(FunctionName=target["function"], Qualifier=qualifier, Payload=payload)
    else:
        answer = client.invoke(FunctionName=target["function"], Payload=payload)
    body = parsed(answer["Payload"].read())
    if answer.get("FunctionError"):
        return Observation(ProbeAnswer.ANSWERED, answer.get("StatusCode"), body, error=_error(body))
    return Observation(ProbeAnswer.ANSWERED, _members(body).get("statusCode", 200), _with_parsed_body(body))


def parsed(content: bytes) -> Any:
    """JSON where it is JSON, else the text."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def _members(body: Any) -> dict[str, Any]:
    return cast(dict[str, Any], body) if isinstance(body, dict) else {}


def _error(body: Any) -> str:
    answer = _members(body)
    return f"{answer.get('errorType', 'Error')}: {answer['errorMessage']}" if "errorMessage" in answer else str(body)


def _with_parsed_body(body: Any) -> Any:
    """An API-shaped answer carries its JSON as text; expectations look inside it as `body.…`."""
    text = _members(body).get("body")
    return {**_members(body), "body": parsed(text.encode())} if isinstance(text, str) else body
