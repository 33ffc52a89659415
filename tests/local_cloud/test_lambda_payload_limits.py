"""How much may be sent to a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]
Function = Callable[..., str]

pytestmark = pytest.mark.embedded


def test_payloads_have_a_largest_size(client: Client, function: Function) -> None:
    name = function("def handler(event, context): return len(event)")
    service = client("lambda")
    answer = service.invoke(FunctionName=name, Payload=json.dumps("x" * 6_291_454))
    assert json.loads(answer["Payload"].read()) == 6_291_454
    with pytest.raises(service.exceptions.RequestTooLargeException, match="6291456"):
        service.invoke(FunctionName=name, Payload=json.dumps("x" * 6_291_455))
    asynchronous = {"FunctionName": name, "InvocationType": "Event"}
    assert service.invoke(**asynchronous, Payload=json.dumps("x" * 1_048_574))["StatusCode"] == 202
    with pytest.raises(service.exceptions.RequestTooLargeException):
        service.invoke(**asynchronous, Payload=json.dumps("x" * 1_048_575))
