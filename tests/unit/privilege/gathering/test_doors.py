"""Grants that no policy says: buckets, networks, APIs, identity pools, permission sets, what is not understood."""

from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import (
    READ,
    WRITE,
    Json,
    answer,
    compared,
    document,
    resource,
    role,
    template,
)

BLOCK = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)


def bucket(**properties: Any) -> Json:
    return template(Data=resource("S3::Bucket", **properties))


def wall(*rules: Json, **more: Any) -> Json:
    return template(Wall=resource("EC2::SecurityGroup", GroupDescription="w", SecurityGroupIngress=list(rules), **more))


def rule(block: str, first: int = 443, last: int = 443, protocol: str = "tcp", **more: Any) -> Json:
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last, "CidrIp": block, **more}


def leaving(*rules: Json) -> Json:
    return template(Wall=resource("EC2::SecurityGroup", GroupDescription="w", SecurityGroupEgress=list(rules)))


def method(authorization: str, **more: Any) -> Json:
    return template(
        Api=resource("ApiGateway::RestApi", Name="a"),
        Orders=resource(
            "ApiGateway::Resource",
            RestApiId={"Ref": "Api"},
            ParentId={"Fn::GetAtt": ["Api", "RootResourceId"]},
            PathPart="orders",
        ),
        Get=resource(
            "ApiGateway::Method",
            RestApiId={"Ref": "Api"},
            ResourceId={"Ref": "Orders"},
            HttpMethod="GET",
            AuthorizationType=authorization,
            **more,
        ),
    )


def described(security: Any) -> Json:
    body: Json = {
        "paths": {"/orders": {"get": {} if security is None else {"security": security}}},
        "components": {"securitySchemes": {"sigv4": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}}},
    }
    return template(Api=resource("ApiGatewayV2::Api", Body=body))


def route(authorization: str) -> Json:
    return template(
        Api=resource("ApiGatewayV2::Api", Name="a", ProtocolType="HTTP"),
        Get=resource(
            "ApiGatewayV2::Route", ApiId={"Ref": "Api"}, RouteKey="GET /orders", AuthorizationType=authorization
        ),
    )


def reachable(kind: str) -> Json:
    return template(Api=resource("ApiGateway::RestApi", Name="a", EndpointConfiguration={"Types": [kind]}))


def graph(*kinds: str) -> Json:
    more = [{"AuthenticationType": kind} for kind in kinds[1:]]
    return template(
        Api=resource("AppSync::GraphQLApi", AuthenticationType=kinds[0], AdditionalAuthenticationProviders=more)
    )


def pool(guests: Any) -> Json:
    return template(Pool=resource("Cognito::IdentityPool", AllowUnauthenticatedIdentities=guests))


def handed_out(name: str) -> Json:
    arn = {"Fn::GetAtt": [name, "Arn"]}
    return template(
        Reader=role(READ),
        Both=role(READ, WRITE),
        Pool=resource("Cognito::IdentityPool", AllowUnauthenticatedIdentities=False),
        Roles=resource(
            "Cognito::IdentityPoolRoleAttachment", IdentityPoolId={"Ref": "Pool"}, Roles={"authenticated": arn}
        ),
    )


def permission_set(*statements: Json, **more: Any) -> Json:
    return template(Set=resource("SSO::PermissionSet", Name="s", InlinePolicy=document(*statements), **more))


def assigned(*people: str) -> Json:
    found = {
        f"A{person}": resource("SSO::Assignment", PrincipalId=person, PrincipalType="USER", TargetId="111122223333")
        for person in people
    }
    return template(**found)


NONE = template()
OF_WALL: Json = {"GroupId": {"Fn::GetAtt": ["Wall", "GroupId"]}}
OPEN_ROUTE = route("NONE")
CASES: dict[str, tuple[Json, Json]] = {
    "a block with one flag less": (
        bucket(PublicAccessBlockConfiguration=BLOCK),
        bucket(PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
    ),
    "a block turned off": (bucket(), bucket(PublicAccessBlockConfiguration={**BLOCK, "BlockPublicAcls": "false"})),
    "a public ACL": (bucket(), bucket(AccessControl="PublicReadWrite")),
    "ACLs that count": (
        bucket(OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}),
        bucket(OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}),
    ),
    "another address": (wall(rule("10.0.0.0/8")), wall(rule("10.0.0.0/8"), rule("192.168.0.0/16"))),
    "a wider block": (wall(rule("10.0.0.0/9")), wall(rule("10.0.0.0/8"))),
    "more ports": (wall(rule("10.0.0.0/8")), wall(rule("10.0.0.0/8", 0, 65535))),
    "all protocols": (wall(rule("10.0.0.0/8")), wall(rule("10.0.0.0/8", protocol="-1"))),
    "another group": (
        wall({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": "sg-1"}),
        wall({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": "sg-2"},
             {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": "sg-1"}),
    ),
    "a prefix list": (wall(), wall({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourcePrefixListId": "pl-1"})),
    "egress everywhere by default": (leaving(rule("10.0.0.0/8")), leaving()),
    "a rule of its own": (
        wall(),
        template(**wall()["Resources"], Rule=resource("EC2::SecurityGroupIngress", **OF_WALL, **rule("0.0.0.0/0"))),
    ),
    "a method for everybody": (method("AWS_IAM"), method("NONE")),
    "a method without its key": (method("NONE", ApiKeyRequired=True), method("NONE")),
    "a route for everybody": (route("AWS_IAM"), OPEN_ROUTE),
    "a described operation for everybody": (described([{"sigv4": []}]), described(None)),
    "an API on the internet": (reachable("PRIVATE"), reachable("REGIONAL")),
    "an API key": (graph("AWS_IAM"), graph("AWS_IAM", "API_KEY")),
    "guests": (pool(False), pool(True)),
    "the role of a pool": (handed_out("Reader"), handed_out("Both")),
    "a permission set": (permission_set(READ), permission_set(READ, WRITE)),
    "an assignment": (assigned("anna"), assigned("anna", "bert")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_an_expansion_one_way_only(case: str) -> None:
    old, new = CASES[case]
    found = compared(old, new)
    assert found.verdict.value == "EXPANSION", found
    assert all(finding.witness.action for finding in found.findings)
    if case != "a block turned off":  # what is left out of a template afterwards is taken off the bucket
        assert answer(new, old) == "NO_EXPANSION", compared(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (wall(rule("10.0.0.0/8")), wall(rule("10.0.0.0/9"), rule("10.128.0.0/9"))),
        (wall(rule("10.0.0.0/9"), rule("10.128.0.0/9")), wall(rule("10.0.0.0/8"))),
        (wall(rule("10.0.0.0/8", 1, 9)), wall(rule("10.0.0.0/8", 1, 4), rule("10.0.0.0/8", 5, 9))),
        (wall(rule("10.0.0.0/8", protocol="tcp")), wall(rule("10.0.0.0/8", protocol="6"))),
        (leaving(), leaving({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}, {"IpProtocol": "-1", "CidrIpv6": "::/0"})),
        (bucket(), bucket(PublicAccessBlockConfiguration=BLOCK)),
        (bucket(AccessControl="PublicRead"), bucket(AccessControl="Private")),
        (route("NONE"), route("AWS_IAM")),
    ],
)
def test_it_is_no_expansion(old: Json, new: Json) -> None:
    assert answer(old, new) == "NO_EXPANSION", compared(old, new)


def test_a_public_rule_is_graver_than_one_within() -> None:
    (public,) = compared(wall(), wall(rule("0.0.0.0/0"))).findings
    (private,) = compared(wall(), wall(rule("10.0.0.0/8"))).findings
    assert (public.severity.value, private.severity.value) == ("high", "medium")
    assert [kind.value for kind in public.classes] == ["public"]


@pytest.mark.parametrize(
    ("authorization", "told", "severity", "public"),
    [
        ("NONE", "newly answers GET /orders without authorization", "high", True),
        ("AWS_IAM", "newly reachable from the internet", "medium", False),
    ],
)
def test_a_new_api_is_told_by_its_doors(authorization: str, told: str, severity: str, public: bool) -> None:
    (found,) = compared(template(), method(authorization)).findings
    assert told in found.title
    assert found.severity.value == severity
    assert ("public" in {kind.value for kind in found.classes}) is public


@pytest.mark.parametrize("kind", ["LakeFormation::DataLakeSettings", "RAM::Permission", "DataZone::PolicyGrant"])
def test_what_is_not_understood_is_said(kind: str) -> None:
    old, new = (template(Thing=resource(kind, Value=value)) for value in ("a", "b"))
    assert answer(old, new) == "UNKNOWN"
    assert answer(NONE, new) == "UNKNOWN"
    assert answer(new, new) == "NO_EXPANSION"
    assert answer(new, NONE) == "NO_EXPANSION"


def walled(*blocks: str) -> Json:
    listed = resource("EC2::PrefixList", Entries=[{"Cidr": block} for block in blocks])
    peer = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourcePrefixListId": {"Fn::GetAtt": "L.PrefixListId"}}
    return {"Resources": {**wall(peer)["Resources"], "L": listed}}


def test_a_prefix_list_of_the_template_is_its_blocks() -> None:
    (finding,) = compared(walled("10.0.0.0/16"), walled("10.0.0.0/16", "0.0.0.0/0")).findings
    assert [kind.value for kind in finding.classes] == ["public"]
    assert answer(walled("10.0.0.0/16", "10.1.0.0/16"), walled("10.0.0.0/15")) == "NO_EXPANSION"
    assert answer(walled("10.0.0.0/16"), wall(rule("10.0.0.0/17", 1, 1))) == "NO_EXPANSION"


def test_an_access_point_that_leaves_its_network_is_an_expansion() -> None:
    def point(**more: Any) -> Json:
        return template(Point=resource("S3::AccessPoint", Bucket="data", **more))

    private = point(VpcConfiguration={"VpcId": "vpc-1"})
    assert answer(private, point()) == "EXPANSION"
    assert answer(point(), private) == "NO_EXPANSION"
    assert answer(template(), point()) == "NO_EXPANSION"
