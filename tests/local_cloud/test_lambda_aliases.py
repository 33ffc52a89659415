"""What an alias may point to; every test would pass against AWS too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
Function = Callable[..., str]

pytestmark = pytest.mark.embedded


def refused(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**given)
    return cast(Any, error.value.response)["Error"]["Code"]


def test_an_alias_points_to_a_version_that_exists(client: Client, function: Function) -> None:
    service = client("lambda")
    name = function("def handler(event, context): return 1")
    alias = {"FunctionName": name, "Name": "live"}
    assert refused(service.create_alias, **alias, FunctionVersion="1") == "ResourceNotFoundException"
    assert refused(service.create_alias, **alias, FunctionVersion="one") == "ValidationException"
    service.publish_version(FunctionName=name)
    service.create_alias(**alias, FunctionVersion="1")
    assert refused(service.update_alias, **alias, FunctionVersion="2") == "ResourceNotFoundException"
    missing = {"AdditionalVersionWeights": {"2": 0.5}}
    assert refused(service.update_alias, **alias, RoutingConfig=missing) == "ResourceNotFoundException"
    assert service.get_alias(**alias)["FunctionVersion"] == "1"


@pytest.mark.parametrize(
    ("version", "weights"),
    [("$LATEST", {"1": 0.5}), ("1", {"$LATEST": 0.5}), ("1", {"1": 0.5}), ("1", {"2": 1.5})],
)
def test_weights_split_between_two_published_versions(
    client: Client,
    function: Function,
    bundle: Callable[[dict[str, str]], bytes],
    version: str,
    weights: dict[str, float],
) -> None:
    service = client("lambda")
    name = function("def handler(event, context): return 1")
    service.publish_version(FunctionName=name)
    service.update_function_code(FunctionName=name, ZipFile=bundle({"app.py": "handler = print"}), Publish=True)
    given = {"FunctionName": name, "Name": "live", "FunctionVersion": version}
    routing = {"AdditionalVersionWeights": weights}
    assert refused(service.create_alias, **given, RoutingConfig=routing) == "InvalidParameterValueException"
