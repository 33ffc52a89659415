"""Expansions that `cdk diff` does not show: each is found, and taking each back is none."""

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

FUNCTION = resource("Lambda::Function", Role={"Fn::GetAtt": ["Reader", "Arn"]}, Code={})
BUS_STATEMENT = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
TABLE_STATEMENT = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
ACCOUNT = {"AWS": "arn:aws:iam::111122223333:root"}
BOTH = {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::999988887777:role/stranger"]}


def bounded(boundary: Any) -> Json:
    return template(
        Worker=role({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, PermissionsBoundary=boundary),
        Narrow=resource("IAM::ManagedPolicy", PolicyDocument=document(READ)),
        Wide=resource("IAM::ManagedPolicy", PolicyDocument=document(READ, WRITE)),
    )


def without_boundary() -> Json:
    found = bounded(None)
    del found["Resources"]["Worker"]["Properties"]["PermissionsBoundary"]
    return found


def attached(*statements: Json) -> Json:
    return template(
        Worker=role(ManagedPolicyArns=[{"Ref": "Shared"}]),
        Shared=resource("IAM::ManagedPolicy", PolicyDocument=document(*statements)),
    )


def by_parameter(default: str) -> Json:
    found = template(Worker=role({**READ, "Action": {"Ref": "Action"}}))
    return {**found, "Parameters": {"Action": {"Type": "String", "Default": default}}}


def by_mapping(action: str) -> Json:
    found = template(Worker=role({**READ, "Action": {"Fn::FindInMap": ["Allowed", "all", "action"]}}))
    return {**found, "Mappings": {"Allowed": {"all": {"action": action}}}}


def by_condition(wanted: str) -> Json:
    found = template(Worker=role(READ, {"Fn::If": ["Wide", WRITE, READ]}))
    return {**found, "Conditions": {"Wide": {"Fn::Equals": [wanted, "yes"]}}}


def with_url(auth: str) -> Json:
    return template(
        Reader=role(READ),
        Handler=FUNCTION,
        Url=resource("Lambda::Url", TargetFunctionArn={"Ref": "Handler"}, AuthType=auth),
    )


def permission(**conditions: Any) -> Json:
    return template(
        Reader=role(READ),
        Handler=FUNCTION,
        Permission=resource(
            "Lambda::Permission",
            FunctionName={"Fn::GetAtt": ["Handler", "Arn"]},
            Action="lambda:InvokeFunction",
            **conditions,
        ),
    )


def bucket(**properties: Any) -> Json:
    return template(Data=resource("S3::Bucket", **properties))


BLOCK = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)


def bus(principal: Json) -> Json:
    policy = resource(
        "Events::EventBusPolicy", StatementId="all", Statement={**BUS_STATEMENT, "Sid": "x", "Principal": principal}
    )
    return template(Policy=policy)


def table(principal: Json) -> Json:
    policy = {"PolicyDocument": document({**TABLE_STATEMENT, "Principal": principal})}
    return template(Table=resource("DynamoDB::Table", ResourcePolicy=policy))


def domain(principal: Json) -> Json:
    statement = {"Effect": "Allow", "Action": "es:ESHttpGet", "Resource": "*", "Principal": principal}
    return template(Domain=resource("OpenSearchService::Domain", AccessPolicies=document(statement)))


def membership(*users: str) -> Json:
    return template(
        Admins=resource("IAM::Group", Policies=[{"PolicyName": "all", "PolicyDocument": document(WRITE)}]),
        Joining=resource("IAM::UserToGroupAddition", GroupName={"Ref": "Admins"}, Users=list(users)),
    )


def acting(name: str) -> Json:
    return template(
        Reader=role(READ),
        Writer=role(READ, WRITE),
        Handler={**FUNCTION, "Properties": {"Role": {"Fn::GetAtt": [name, "Arn"]}, "Code": {}}},
    )


def provider(*audiences: str) -> Json:
    url = "https://token.actions.example.com"
    return template(Provider=resource("IAM::OIDCProvider", Url=url, ClientIdList=list(audiences)))


def group(open_to_all: str) -> Json:
    rules = [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": {"Fn::If": ["Open", "0.0.0.0/0", "10.0.0.0/8"]}}
    ]
    found = template(Group=resource("EC2::SecurityGroup", GroupDescription="g", SecurityGroupIngress=rules))
    return {**found, "Conditions": {"Open": {"Fn::Equals": [open_to_all, "yes"]}}}


CASES: dict[str, tuple[Json, Json]] = {
    "Allow with NotAction added": (
        template(Worker=role(READ)),
        template(Worker=role(READ, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
    ),
    "boundary removed": (bounded({"Ref": "Narrow"}), without_boundary()),
    "boundary of unknown content removed": (bounded("arn:aws:iam::111122223333:policy/Limit"), without_boundary()),
    "boundary widened": (bounded({"Ref": "Narrow"}), bounded({"Ref": "Wide"})),
    "content of a managed policy attached by Ref": (attached(READ), attached(READ, WRITE)),
    "parameter default": (by_parameter("s3:GetObject"), by_parameter("s3:*")),
    "mapping": (by_mapping("s3:GetObject"), by_mapping("s3:*")),
    "condition": (by_condition("no"), by_condition("yes")),
    "function URL without authentication": (with_url("AWS_IAM"), with_url("NONE")),
    "PrincipalOrgID dropped": (permission(Principal="*", PrincipalOrgID="o-abc"), permission(Principal="*")),
    "SourceArn dropped": (
        permission(Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::data"),
        permission(Principal="s3.amazonaws.com"),
    ),
    "FunctionUrlAuthType dropped": (
        permission(Principal="*", FunctionUrlAuthType="AWS_IAM"),
        permission(Principal="*"),
    ),
    "public access block removed": (bucket(PublicAccessBlockConfiguration=BLOCK), bucket()),
    "public access block opened": (
        bucket(PublicAccessBlockConfiguration=BLOCK),
        bucket(PublicAccessBlockConfiguration={**BLOCK, "BlockPublicPolicy": False}),
    ),
    "ACL": (bucket(AccessControl="Private"), bucket(AccessControl="PublicRead")),
    "event-bus policy": (bus(ACCOUNT), bus({"AWS": "*"})),
    "DynamoDB policy": (table(ACCOUNT), table(BOTH)),
    "OpenSearch policy": (domain(ACCOUNT), domain(BOTH)),
    "group membership": (membership("anna"), membership("anna", "bert")),
    "execution-role swap": (acting("Reader"), acting("Writer")),
    "OIDC provider": (provider("sts.amazonaws.com"), provider("sts.amazonaws.com", "anything")),
    "Fn::If inside security-group rules": (group("no"), group("yes")),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_found(case: str) -> None:
    old, new = CASES[case]
    found = compared(old, new)
    assert found.verdict.value == "EXPANSION", found
    assert all(finding.location.place.path for finding in found.findings)


@pytest.mark.parametrize("case", [case for case in CASES if case != "public access block removed"])
def test_taking_it_back_is_no_expansion(case: str) -> None:
    old, new = CASES[case]
    assert answer(new, old) == "NO_EXPANSION", compared(new, old)


@pytest.mark.parametrize("case", CASES)
def test_what_stays_is_no_expansion(case: str) -> None:
    for side in CASES[case]:
        assert compared(side, side).to_json()["findings"] == []
        assert answer(side, side) == "NO_EXPANSION"
