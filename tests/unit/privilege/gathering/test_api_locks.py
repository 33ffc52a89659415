"""Locks of APIs: whose word counts at a door, in resources, in OpenAPI descriptions and in SAM's form of both.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
"""

import json
from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import Json, answer, compared, document, resource, template
from towpath.privilege.gathering.doors import Door

POOLS = [f"arn:aws:cognito-idp:us-east-1:111122223333:userpool/p{number}" for number in (1, 2)]
LAMBDA = "arn:aws:lambda:us-east-1:111122223333:function:%s"


def rest(authorization: str, *, scopes: Any = None, key: bool = False, **authorizer: Any) -> Json:
    lock = resource("ApiGateway::Authorizer", RestApiId={"Ref": "Api"}, Name="lock", **authorizer)
    more: Json = {} if scopes is None else {"AuthorizationScopes": scopes}
    method = resource(
        "ApiGateway::Method",
        RestApiId={"Ref": "Api"},
        ResourceId={"Fn::GetAtt": ["Api", "RootResourceId"]},
        HttpMethod="GET",
        AuthorizationType=authorization,
        AuthorizerId={"Ref": "Lock"},
        ApiKeyRequired=key,
        **more,
    )
    return template(Api=resource("ApiGateway::RestApi", Name="a"), Lock=lock, Get=method)


def pooled(*pools: str, **more: Any) -> Json:
    return rest("COGNITO_USER_POOLS", Type="COGNITO_USER_POOLS", ProviderARNs=list(pools), **more)


def asked(function: str, sources: str = "method.request.header.Authorization", **more: Any) -> Json:
    return rest("CUSTOM", Type="REQUEST", AuthorizerUri=LAMBDA % function, IdentitySource=sources, **more)


def http(issuer: str, *audience: str, scopes: Any = None, kind: str = "JWT") -> Json:
    token = {"Issuer": issuer, "Audience": list(audience)}
    more: Json = {} if scopes is None else {"AuthorizationScopes": scopes}
    return template(
        Api=resource("ApiGatewayV2::Api", Name="a", ProtocolType="HTTP"),
        Lock=resource("ApiGatewayV2::Authorizer", ApiId={"Ref": "Api"}, AuthorizerType="JWT", JwtConfiguration=token),
        Get=resource(
            "ApiGatewayV2::Route",
            ApiId={"Ref": "Api"},
            RouteKey="GET /x",
            AuthorizationType=kind,
            AuthorizerId={"Ref": "Lock"},
            **more,
        ),
    )


def sam(*, default: str = "Pool", own: str = "", conditions: Any = None, policy: Any = None) -> Json:
    auth: Json = {
        "DefaultAuthorizer": default,
        "Authorizers": {"Pool": {"UserPoolArn": POOLS[0]}, "Function": {"FunctionArn": LAMBDA % "f"}},
    }
    if policy is not None:
        auth["ResourcePolicy"] = {"CustomStatements": policy}
    event: Json = {"RestApiId": {"Ref": "Api"}, "Path": "/x", "Method": "get"}
    if own:
        event["Auth"] = {"Authorizer": own}
    function: Json = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "CodeUri": ".",
            "Handler": "a.b",
            "Runtime": "python3.12",
            "Events": {"Get": {"Type": "Api", "Properties": event}},
        },
    }
    if conditions:
        function["Condition"] = "Maybe"
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"Maybe": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {
            "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "p", "Auth": auth}},
            "F": function,
        },
    }


CUSTOM = [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]
FROM_HOME = [{**CUSTOM[0], "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]
WIDER: dict[str, tuple[Json, Json]] = {
    "another pool": (pooled(POOLS[0]), pooled(*POOLS)),
    "another scope": (pooled(POOLS[0], scopes=["a/r"]), pooled(POOLS[0], scopes=["a/r", "a/w"])),
    "any scope": (pooled(POOLS[0], scopes=["a/r"]), pooled(POOLS[0])),
    "no key beside the pool": (pooled(POOLS[0], key=True), pooled(POOLS[0])),
    "no key beside IAM": (rest("AWS_IAM", key=True), rest("AWS_IAM")),
    "a function that is asked with less": (asked("f", "method.request.header.A, method.request.header.B"),
                                           asked("f", "method.request.header.A")),
    "any token": (asked("f", IdentityValidationExpression="^x"), asked("f")),
    "another audience": (http("i", "a"), http("i", "a", "b")),
    "another scope of a token": (http("i", "a", scopes=["r"]), http("i", "a", scopes=["r", "w"])),
    "no lock in SAM": (sam(), sam(own="NONE")),
    "no home in SAM": (sam(policy=FROM_HOME), sam(policy=CUSTOM)),
    "no policy in SAM": (sam(policy=FROM_HOME), sam()),
}  # fmt: skip
OTHER: dict[str, tuple[Json, Json]] = {
    "IAM or a pool": (rest("AWS_IAM"), pooled(POOLS[0])),
    "a pool or a function": (pooled(POOLS[0]), asked("f")),
    "two functions": (asked("f"), asked("g")),
    "two issuers": (http("i", "a"), http("k", "a")),
    "two authorizers in SAM": (sam(), sam(default="Function")),
}


@pytest.mark.parametrize("case", WIDER)
def test_a_weaker_lock_is_an_expansion_one_way_only(case: str) -> None:
    old, new = WIDER[case]
    (finding,) = compared(old, new).findings
    assert finding.witness.action == "execute-api:Invoke"
    assert answer(new, old) == "NO_EXPANSION", compared(new, old)


@pytest.mark.parametrize("case", OTHER)
def test_another_whose_word_counts_is_an_expansion_both_ways(case: str) -> None:
    for old, new in (OTHER[case], OTHER[case][::-1]):
        (finding,) = compared(old, new).findings
        assert finding.before.startswith("Not let in by what was there before")
        assert "authorized by" in finding.witness.context
        assert finding.severity.value == "medium"


def test_a_lock_for_an_open_door_is_no_expansion() -> None:
    for locked in (rest("AWS_IAM"), pooled(POOLS[0]), asked("f")):
        assert answer(rest("NONE"), locked) == "NO_EXPANSION"
        assert answer(locked, rest("NONE")) == "EXPANSION"


def test_the_same_lock_by_another_authorizer_is_no_expansion() -> None:
    old = pooled(*POOLS)
    text = json.dumps(old).replace("Lock", "Other").replace('"lock"', '"other"')
    new = json.loads(text.replace(f'"{POOLS[0]}", "{POOLS[1]}"', f'"{POOLS[1]}", "{POOLS[0]}"'))
    assert answer(old, new) == "NO_EXPANSION", compared(old, new)


def test_a_door_with_a_condition_is_seen() -> None:
    assert answer(sam(conditions=True), sam(own="NONE", conditions=True)) == "EXPANSION"
    assert answer(sam(conditions=True), sam(conditions=True)) == "NO_EXPANSION"


@pytest.mark.parametrize(
    ("old", "new", "covered"),
    [
        ([("ANY", "/x")], ("GET", "/x"), True),
        ([("GET", "/x")], ("ANY", "/x"), False),
        ([("", "$default")], ("GET", "/x"), True),
        ([("", "$default")], ("", "$connect"), False),
        ([("ANY", "/{proxy+}")], ("GET", "/a/b"), True),
        ([("ANY", "/{proxy+}")], ("GET", "/"), False),
        ([("GET", "/{id}")], ("GET", "/a"), True),
        ([("GET", "/{id}")], ("GET", "/a/b"), False),
        ([("GET", "/a/{id}")], ("GET", "/a/{other}"), True),
        ([("GET", "/{id}")], ("GET", "/{proxy+}"), False),
    ],
)
def test_a_door_within_a_wider_one_was_open(old: list[tuple[str, str]], new: tuple[str, str], covered: bool) -> None:
    assert Door(*new, "NONE").covered_by([Door(*door, "NONE") for door in old]) is covered


def test_a_locked_door_between_keeps_a_new_one_new() -> None:
    old = [Door("ANY", "/{proxy+}", "NONE"), Door("GET", "/{id}", "AWS_IAM")]
    assert not Door("GET", "/x", "NONE").covered_by(old)
    assert Door("GET", "/x", "AWS_IAM").covered_by(old)
    assert Door("POST", "/x", "NONE").covered_by(old)


def socket(connect: str, *later: str) -> Json:
    routes = {
        f"R{index}": resource("ApiGatewayV2::Route", ApiId={"Ref": "Api"}, RouteKey=key, AuthorizationType=kind)
        for index, (key, kind) in enumerate([("$connect", connect), *((key, "NONE") for key in later)])
    }
    return template(Api=resource("ApiGatewayV2::Api", Name="a", ProtocolType="WEBSOCKET"), **routes)


def test_only_connecting_to_a_web_socket_can_be_public() -> None:
    (finding,) = compared(socket("AWS_IAM"), socket("AWS_IAM", "send")).findings
    assert [kind.value for kind in finding.classes] == []
    (finding,) = compared(socket("AWS_IAM"), socket("NONE")).findings
    assert [kind.value for kind in finding.classes] == ["public"]


def graph(**settings: Any) -> Json:
    return template(
        Api=resource("AppSync::GraphQLApi", AuthenticationType="AWS_LAMBDA", LambdaAuthorizerConfig=settings)
    )


def test_how_long_an_answer_is_remembered_is_no_access() -> None:
    assert answer(graph(AuthorizerUri="f"), graph(AuthorizerUri="f", AuthorizerResultTtlInSeconds=9)) == "NO_EXPANSION"
    assert answer(graph(AuthorizerUri="f"), graph(AuthorizerUri="g")) == "EXPANSION"


def test_an_api_without_a_policy_that_asks_iam_knows_its_own_account_only() -> None:
    def with_policy(statement: Json | None) -> Json:
        found = rest("AWS_IAM")
        if statement is not None:
            found["Resources"]["Api"]["Properties"]["Policy"] = document(statement)
        return found

    other = {**CUSTOM[0], "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}
    assert answer(with_policy(None), with_policy(other)) == "EXPANSION"
    assert answer(with_policy(CUSTOM[0]), with_policy(None)) == "NO_EXPANSION"
    assert answer(with_policy(FROM_HOME[0]), with_policy(None)) == "EXPANSION"
