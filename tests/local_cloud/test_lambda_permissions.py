"""Which action and resource a Lambda call is judged on; every test would pass against AWS too."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
Function = Callable[..., str]

pytestmark = pytest.mark.embedded


@pytest.fixture
def allowed(client: Client) -> Callable[[str, str], Any]:
    """`allowed("lambda:GetAlias", arn)` is a Lambda client that may do this one thing."""

    def make(action: str, resource: str) -> Any:
        user = f"u-{uuid.uuid4().hex[:8]}"
        client("iam").create_user(UserName=user)
        allow = {"Effect": "Allow", "Action": action, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        client("iam").put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document)
        key = client("iam").create_access_key(UserName=user)["AccessKey"]
        return client("lambda", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    return make


def denied(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**given)
    assert cast(Any, error.value.response)["Error"]["Code"] == "AccessDeniedException"
    return str(error.value)


def test_each_alias_operation_is_an_action_of_its_own(
    client: Client, function: Function, allowed: Callable[[str, str], Any]
) -> None:
    name = function("def handler(event, context): return 1")
    client("lambda").publish_version(FunctionName=name)
    client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    alias = {"FunctionName": name, "Name": "live"}
    reader = allowed("lambda:GetAlias", arn)
    assert reader.get_alias(**alias)["FunctionVersion"] == "1"
    assert "lambda:UpdateAlias" in denied(reader.update_alias, **alias, Description="mine")
    assert "lambda:DeleteAlias" in denied(reader.delete_alias, **alias)
    assert "lambda:ListAliases" in denied(reader.list_aliases, FunctionName=name)
    assert allowed("lambda:UpdateAlias", arn).update_alias(**alias, Description="ours")["Description"] == "ours"


def test_a_call_through_an_alias_is_judged_on_the_qualified_arn(
    client: Client, function: Function, allowed: Callable[[str, str], Any]
) -> None:
    name = function("def handler(event, context): return 1")
    client("lambda").publish_version(FunctionName=name)
    client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    denied(allowed("lambda:InvokeFunction", arn).invoke, FunctionName=name, Qualifier="live")
    caller = allowed("lambda:InvokeFunction", f"{arn}:live")
    assert caller.invoke(FunctionName=name, Qualifier="live")["StatusCode"] == 200
    assert caller.invoke(FunctionName=f"{arn}:live")["StatusCode"] == 200
    denied(caller.invoke, FunctionName=name)
    denied(caller.invoke, FunctionName=name, Qualifier="1")
