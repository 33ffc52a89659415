"""A template with one of everything that bears permissions, and ways to widen it: each gives something by construction.

What is widened stands in resources of its own, so that no random statement elsewhere gives it already.
"""

import random
from collections.abc import Callable
from typing import Any

from tests.unit.privilege.gathering.rewrites import some_template
from tests.unit.privilege.gathering.templates import Json, document, resource, role

HOME = "arn:aws:iam::111122223333:root"
SIGN: Json = {"Effect": "Allow", "Action": ["kms:Sign"], "Resource": ["*"]}
DELETE: Json = {"Effect": "Allow", "Action": ["s3:DeleteObject"], "Resource": ["*"]}
TAGGED: Json = {"Condition": {"StringEquals": {"aws:ResourceTag/team": ["a"]}}}
BLOCK = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)


_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("Guarded",), ("Denied",), ("Bounded", "Limit"), ("Reaching",), ("Placed",), ("Maybe",),
    ("Strong", "Weak", "Runner"), ("Url",), ("Person", "Team"), ("Wide", "Narrow", "Machine"), ("Store",), ("Secret",),
    ("Api", "Get"), ("Guests",), ("Shared",),
)  # fmt: skip
_KEPT = 5


def rich_template(chance: random.Random, widening: str = "") -> Json:
    """Random roles with policies, and some of the fixed resources, always those that a widening needs."""
    found = _everything(chance)
    families = list(_FAMILIES)
    chance.shuffle(families)
    needed = _NEEDED.get(widening, "")
    families.sort(key=lambda names: needed not in names)
    gone = {name for names in families[_KEPT:] for name in names}
    return {**found, "Resources": {name: item for name, item in found["Resources"].items() if name not in gone}}


def _everything(chance: random.Random) -> Json:
    found = some_template(chance)
    found["Parameters"] = {"Reach": {"Type": "String", "Default": "arn:aws:s3:::reach/a"}}
    found["Mappings"] = {"Places": {"prod": {"Arn": "arn:aws:s3:::place/a"}}}
    found["Conditions"] = {"Never": {"Fn::Equals": ["a", "b"]}, "Always": {"Fn::Equals": ["a", "a"]}}
    found["Resources"] |= {
        "Guarded": role({**SIGN, **TAGGED}),
        "Denied": role(DELETE, {**DELETE, "Effect": "Deny", "Resource": ["arn:aws:s3:::kept/*"]}),
        "Bounded": role(DELETE, PermissionsBoundary={"Ref": "Limit"}),
        "Limit": resource("IAM::ManagedPolicy", PolicyDocument=document({**DELETE, "Resource": ["arn:aws:s3:::b/*"]})),
        "Reaching": role({**DELETE, "Resource": [{"Ref": "Reach"}]}),
        "Placed": role({**DELETE, "Resource": [{"Fn::FindInMap": ["Places", "prod", "Arn"]}]}),
        "Maybe": role({**DELETE, "Resource": [{"Fn::If": ["Never", "*", "arn:aws:s3:::maybe/a"]}]}),
        "Strong": role({**SIGN, "Action": ["ec2:RunInstances"]}),
        "Weak": role({**SIGN, "Action": ["ec2:DescribeInstances"]}),
        "Runner": resource("StepFunctions::StateMachine", RoleArn={"Fn::GetAtt": ["Weak", "Arn"]}),
        "Url": resource("Lambda::Url", TargetFunctionArn={"Fn::GetAtt": ["Handler", "Arn"]}, AuthType="AWS_IAM"),
        "Person": resource("IAM::User"),
        "Team": resource("IAM::Group", Policies=[{"PolicyName": "p", "PolicyDocument": document(SIGN)}]),
        "Wide": _group("0.0.0.0/0"),
        "Narrow": _group("10.0.0.0/16"),
        "Machine": resource("EC2::Instance", SecurityGroupIds=[{"Fn::GetAtt": ["Narrow", "GroupId"]}]),
        "Store": resource("S3::Bucket", PublicAccessBlockConfiguration=dict(BLOCK)),
        "Secret": resource("KMS::Key", KeyPolicy=document(_key_statement())),
        "Api": resource("ApiGateway::RestApi", Name="api"),
        "Get": resource("ApiGateway::Method", RestApiId={"Ref": "Api"}, HttpMethod="GET", AuthorizationType="AWS_IAM",
                        ResourceId={"Fn::GetAtt": ["Api", "RootResourceId"]}),
        "Guests": resource("Cognito::IdentityPool", AllowUnauthenticatedIdentities=False),
        "Shared": resource("RAM::ResourceShare", Name="s", Principals=["222222222222"], ResourceArns=["arn:a"]),
    }  # fmt: skip
    return found


def _group(block: str) -> Json:
    rules = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": block}]
    return resource("EC2::SecurityGroup", GroupDescription="g", SecurityGroupIngress=rules)


def _key_statement() -> Json:
    return {"Effect": "Allow", "Principal": {"AWS": [HOME]}, "Action": ["kms:*"], "Resource": ["*"]}


def _properties(template: Json, name: str) -> Json:
    return template["Resources"][name]["Properties"]


def _statements(template: Json, name: str) -> list[Json]:
    return _properties(template, name)["Policies"][0]["PolicyDocument"]["Statement"]


def _setting(name: str, key: str, value: Any) -> Callable[[Json], None]:
    def change(template: Json) -> None:
        _properties(template, name)[key] = value

    return change


def _drop_condition(template: Json) -> None:
    del _statements(template, "Guarded")[0]["Condition"]


def _widen_condition(template: Json) -> None:
    _statements(template, "Guarded")[0]["Condition"]["StringEquals"]["aws:ResourceTag/team"].append("b")


def _drop_deny(template: Json) -> None:
    del _statements(template, "Denied")[1]


def _narrow_deny(template: Json) -> None:
    _statements(template, "Denied")[1]["Resource"] = ["arn:aws:s3:::kept/a*"]


def _drop_boundary(template: Json) -> None:
    del _properties(template, "Bounded")["PermissionsBoundary"]


def _widen_boundary(template: Json) -> None:
    _properties(template, "Limit")["PolicyDocument"]["Statement"][0]["Resource"] = ["arn:aws:s3:::b*"]


def _add_action(template: Json) -> None:
    _statements(template, "Weak")[0]["Action"].append("ec2:StartInstances")


def _all_but(template: Json) -> None:
    statement = _statements(template, "Weak")[0]
    statement["NotAction"] = statement.pop("Action")


def _trust(template: Json) -> None:
    trust = _properties(template, "Strong")["AssumeRolePolicyDocument"]
    added = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}
    _properties(template, "Strong")["AssumeRolePolicyDocument"] = {**trust, "Statement": [*trust["Statement"], added]}


def _parameter(template: Json) -> None:
    template["Parameters"]["Reach"]["Default"] = "arn:aws:s3:::reach/*"


def _mapping(template: Json) -> None:
    template["Mappings"]["Places"]["prod"]["Arn"] = "*"


def _condition(template: Json) -> None:
    template["Conditions"]["Never"] = {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}


def _cidr(template: Json) -> None:
    _properties(template, "Narrow")["SecurityGroupIngress"][0]["CidrIp"] = "10.0.0.0/15"


def _port(template: Json) -> None:
    _properties(template, "Narrow")["SecurityGroupIngress"][0]["ToPort"] = 23


def _key(template: Json) -> None:
    statement = _properties(template, "Secret")["KeyPolicy"]["Statement"][0]
    statement["Principal"]["AWS"].append("arn:aws:iam::999999999999:root")


def _source(template: Json) -> None:
    del _properties(template, "Call")["SourceArn"]


def _block(template: Json) -> None:
    _properties(template, "Store")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False


WIDENINGS: dict[str, Callable[[Json], None]] = {
    "a condition dropped": _drop_condition,
    "a condition's value added": _widen_condition,
    "a Deny dropped": _drop_deny,
    "a Deny narrowed": _narrow_deny,
    "a boundary dropped": _drop_boundary,
    "a boundary widened": _widen_boundary,
    "an action added": _add_action,
    "all actions but one": _all_but,
    "a principal trusted": _trust,
    "a parameter's default": _parameter,
    "a mapping's value": _mapping,
    "a condition of the template": _condition,
    "a CIDR block": _cidr,
    "a port": _port,
    "a key policy": _key,
    "a permission without its source": _source,
    "a public access block": _block,
    "a URL without authentication": _setting("Url", "AuthType", "NONE"),
    "a method without authorization": _setting("Get", "AuthorizationType", "NONE"),
    "guests": _setting("Guests", "AllowUnauthenticatedIdentities", True),
    "another role": _setting("Runner", "RoleArn", {"Fn::GetAtt": ["Strong", "Arn"]}),
    "another group of users": _setting("Person", "Groups", [{"Ref": "Team"}]),
    "another security group": _setting("Machine", "SecurityGroupIds", [{"Fn::GetAtt": ["Wide", "GroupId"]}]),
    "a managed policy": _setting("Weak", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    "another account": _setting("Shared", "Principals", ["222222222222", "333333333333"]),
    "a public ACL": _setting("Store", "AccessControl", "PublicRead"),
}

_NEEDED = {
    "a condition dropped": "Guarded",
    "a condition's value added": "Guarded",
    "a Deny dropped": "Denied",
    "a Deny narrowed": "Denied",
    "a boundary dropped": "Bounded",
    "a boundary widened": "Bounded",
    "an action added": "Weak",
    "all actions but one": "Weak",
    "a principal trusted": "Strong",
    "a parameter's default": "Reaching",
    "a mapping's value": "Placed",
    "a condition of the template": "Maybe",
    "a CIDR block": "Narrow",
    "a port": "Narrow",
    "a key policy": "Secret",
    "a permission without its source": "",
    "a public access block": "Store",
    "a URL without authentication": "Url",
    "a method without authorization": "Get",
    "guests": "Guests",
    "another role": "Runner",
    "another group of users": "Person",
    "another security group": "Machine",
    "a managed policy": "Weak",
    "another account": "Shared",
    "a public ACL": "Store",
}
"""Which of the fixed resources each widening changes."""
