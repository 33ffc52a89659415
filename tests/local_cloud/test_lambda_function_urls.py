"""Function URLs that ask who is calling."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_cloud.cloud import LocalCloud

Client = Callable[..., Any]
Function = Callable[..., str]

pytestmark = pytest.mark.embedded

SOURCE = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"])}
"""


@dataclass(frozen=True)
class Caller:
    arn: str
    credentials: Credentials


@dataclass(frozen=True)
class Url:
    function: str
    function_arn: str
    address: str


@pytest.fixture
def url(client: Client, function: Function) -> Url:
    name = function(SOURCE)
    service = client("lambda")
    address = service.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    return Url(name, service.get_function(FunctionName=name)["Configuration"]["FunctionArn"], address)


def user(client: Client, *actions: str, resource: str) -> Caller:
    iam, name = client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Caller(arn, Credentials(key["AccessKeyId"], key["SecretAccessKey"]))


def request(cloud: LocalCloud, address: str, credentials: Credentials | None, body: bytes = b"{}") -> tuple[int, Any]:
    """What a signing HTTP client does; on AWS the connection would go to the address itself."""
    prepared = AWSRequest("POST", address, data=body, headers={"Content-Type": "application/json"})
    if credentials is not None:
        SigV4Auth(credentials, "lambda", cloud.region).add_auth(prepared)
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=30)
    connection.request("POST", "/", body, {**dict(prepared.headers.items()), "Host": urlsplit(address).netloc})
    answer = connection.getresponse()
    status, content = answer.status, answer.read()
    connection.close()
    return status, json.loads(content)


BOTH = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")


def test_the_function_learns_which_user_calls(client: Client, cloud: LocalCloud, url: Url) -> None:
    caller = user(client, *BOTH, resource=url.function_arn)
    status, context = request(cloud, url.address, caller.credentials)
    assert status == 200
    iam = context["authorizer"]["iam"]
    assert iam["userArn"] == caller.arn
    assert iam["accessKey"] == caller.credentials.access_key
    assert iam["accountId"] == cloud.account
    assert iam["userId"] == iam["callerId"]
    assert iam["userId"].startswith("AIDA")
    assert context["http"]["method"] == "POST"


def test_an_assumed_role_is_named_with_its_session(client: Client, cloud: LocalCloud, url: Url) -> None:
    iam, name = client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"AWS": cloud.account}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": list(BOTH), "Resource": url.function_arn}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [statement]}) for statement in (trust, allow)]
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=documents[0])["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=documents[1])
    key = client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="reviewer")["Credentials"]
    session = Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    status, context = request(cloud, url.address, session)
    assert status == 200
    assert context["authorizer"]["iam"]["userArn"].endswith(f":assumed-role/{name}/reviewer")
    assert context["authorizer"]["iam"]["userId"] == f"{role['RoleId']}:reviewer"


def test_an_unsigned_request_is_forbidden(cloud: LocalCloud, url: Url) -> None:
    assert request(cloud, url.address, None) == (403, {"Message": "Forbidden"})


@pytest.mark.parametrize("actions", [(), BOTH[:1], BOTH[1:]])
def test_both_permissions_are_needed(client: Client, cloud: LocalCloud, url: Url, actions: tuple[str, ...]) -> None:
    caller = user(client, *actions, resource=url.function_arn)
    assert request(cloud, url.address, caller.credentials) == (403, {"Message": "Forbidden"})


def test_permission_for_another_function_is_none(client: Client, cloud: LocalCloud, url: Url) -> None:
    caller = user(client, *BOTH, resource=url.function_arn + "-other")
    assert request(cloud, url.address, caller.credentials)[0] == 403


def test_a_resource_policy_can_give_the_permission(client: Client, cloud: LocalCloud, url: Url) -> None:
    caller = user(client, resource="*")
    service = client("lambda")
    service.add_permission(
        FunctionName=url.function,
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal=caller.arn,
        FunctionUrlAuthType="AWS_IAM",
    )
    service.add_permission(
        FunctionName=url.function, StatementId="invoke", Action="lambda:InvokeFunction", Principal=caller.arn
    )
    assert request(cloud, url.address, caller.credentials)[0] == 200


def test_a_signature_with_the_wrong_secret_is_refused(client: Client, cloud: LocalCloud, url: Url) -> None:
    caller = user(client, *BOTH, resource=url.function_arn)
    forged = Credentials(caller.credentials.access_key, "not the secret")
    assert request(cloud, url.address, forged)[0] == 403


def test_a_denial_of_the_functions_own_is_its_own(client: Client, cloud: LocalCloud, function: Function) -> None:
    name = function('def handler(event, context): return {"statusCode": 403, "body": \'"AccessDenied here"\'}')
    service = client("lambda")
    address = service.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    caller = user(client, *BOTH, resource="*")
    assert request(cloud, address, caller.credentials) == (403, "AccessDenied here")


def test_the_url_of_an_alias_follows_the_alias(client: Client, cloud: LocalCloud, function: Function) -> None:
    name = function(SOURCE.replace('event["requestContext"]', "context.invoked_function_arn"))
    service = client("lambda")
    service.publish_version(FunctionName=name)
    service.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    address = service.create_function_url_config(FunctionName=name, AuthType="AWS_IAM", Qualifier="live")["FunctionUrl"]
    arn = service.get_alias(FunctionName=name, Name="live")["AliasArn"]
    assert request(cloud, address, user(client, *BOTH, resource=arn).credentials) == (200, arn)
