"""Random templates, and rewrites of them that change nothing: the other half of what the metamorphic tests need."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any, cast

from tests.unit.privilege.gathering.templates import Json, document, resource, role

ACTIONS = ("s3:GetObject", "s3:Put*", "sqs:SendMessage", "dynamodb:*", "logs:CreateLogStream", "kms:Decrypt")
RESOURCES: tuple[Any, ...] = (
    "*",
    {"Fn::GetAtt": ["Data", "Arn"]},
    {"Fn::Sub": "${Data.Arn}/*"},
    {"Fn::GetAtt": ["Jobs", "Arn"]},
    "arn:aws:s3:::elsewhere/*",
)


def some_template(chance: random.Random) -> Json:
    """Two roles with policies inline and attached, a function, a bucket, a queue with a policy, a security group."""
    resources: Json = {
        "First": role(*_statements(chance)),
        "Second": role(*_statements(chance)),
        "Data": resource("S3::Bucket"),
        "Jobs": resource("SQS::Queue"),
        "Handler": resource("Lambda::Function", Role={"Fn::GetAtt": ["First", "Arn"]}, Code={}),
        "Extra": resource(
            "IAM::Policy", PolicyName="x", Roles=[{"Ref": "Second"}], PolicyDocument=document(*_statements(chance))
        ),
        "Open": resource(
            "SQS::QueuePolicy",
            Queues=[{"Ref": "Jobs"}],
            PolicyDocument=document({**_statement(chance), "Principal": {"Service": "sns.amazonaws.com"}}),
        ),
        "Call": resource(
            "Lambda::Permission",
            FunctionName={"Fn::GetAtt": ["Handler", "Arn"]},
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn={"Fn::GetAtt": ["Data", "Arn"]},
        ),
        "Wall": resource(
            "EC2::SecurityGroup",
            GroupDescription="w",
            SecurityGroupIngress=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 443, "CidrIp": "10.0.0.0/8"}],
        ),
    }
    return {"Resources": resources}


def _statements(chance: random.Random) -> list[Json]:
    return [_statement(chance) for _ in range(chance.randint(1, 3))]


def _statement(chance: random.Random) -> Json:
    found: Json = {
        "Effect": "Allow" if chance.random() < 0.85 else "Deny",
        "Action": chance.sample(ACTIONS, chance.randint(1, 3)),
        "Resource": chance.sample(RESOURCES, chance.randint(1, 2)),
    }
    if chance.random() < 0.3:
        found["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": ["a", "b"][: chance.randint(1, 2)]}}
    return found


def documents(template: Json) -> list[Json]:
    """Every policy document in a template, to be changed in place."""
    found: list[Json] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            entries = cast("Json", value)
            if "Statement" in entries:
                found.append(entries)
            for item in entries.values():
                look(item)
        elif isinstance(value, list):
            for item in cast("list[Any]", value):
                look(item)

    look(template)
    return found


def rename(template: Json, chance: random.Random) -> Json:
    """Another logical id for every resource."""
    names = {name: f"N{chance.randrange(10**6)}{index}" for index, name in enumerate(template["Resources"])}

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            entries = cast("Json", value)
            if list(entries) == ["Ref"]:
                return {"Ref": names.get(entries["Ref"], entries["Ref"])}
            if list(entries) == ["Fn::GetAtt"]:
                return {"Fn::GetAtt": [names[entries["Fn::GetAtt"][0]], *entries["Fn::GetAtt"][1:]]}
            if list(entries) == ["Fn::Sub"] and isinstance(entries["Fn::Sub"], str):
                text = entries["Fn::Sub"]
                for name, other in names.items():
                    text = text.replace(f"${{{name}.", f"${{{other}.").replace(f"${{{name}}}", f"${{{other}}}")
                return {"Fn::Sub": text}
            return {
                key: names[item] if key == "DependsOn" and item in names else renamed(item)
                for key, item in entries.items()
            }
        return [renamed(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value

    return {"Resources": {names[name]: renamed(item) for name, item in template["Resources"].items()}}


def reorder(template: Json, chance: random.Random) -> Json:
    """Resources, statements and lists of texts in another order."""
    for found in documents(template):
        chance.shuffle(_listed(found))
        for statement in _listed(found):
            for name in ("Action", "Resource"):
                if isinstance(statement.get(name), list):
                    chance.shuffle(statement[name])
    items = list(template["Resources"].items())
    chance.shuffle(items)
    return {"Resources": dict(items)}


def _listed(found: Json) -> list[Json]:
    statements: Any = found["Statement"]
    return cast("list[Json]", statements) if isinstance(statements, list) else [statements]


def _actions(statement: Json) -> list[str]:
    found: Any = statement["Action"]
    return cast("list[str]", found) if isinstance(found, list) else [found]


def split(template: Json, chance: random.Random) -> Json:
    """A statement of its own for each action."""
    for found in documents(template):
        found["Statement"] = [
            {**copy.deepcopy(statement), "Action": action}
            for statement in _listed(found)
            if "Action" in statement
            for action in _actions(statement)
        ] + [statement for statement in _listed(found) if "Action" not in statement]
    return template


def sids(template: Json, chance: random.Random) -> Json:
    """A Sid for every statement, and every action in other letters."""
    for found in documents(template):
        for number, statement in enumerate(_listed(found)):
            statement["Sid"] = f"S{number}{chance.randrange(99)}"
            if "Action" in statement:
                statement["Action"] = [action.upper() for action in _actions(statement)]
    return template


def attach(template: Json, chance: random.Random) -> Json:
    """Inline policies become policies of their own, attached by reference."""
    added: Json = {}
    for name, found in template["Resources"].items():
        if found["Type"] == "AWS::IAM::Role":
            for policy in found["Properties"].pop("Policies", []):
                content = policy["PolicyDocument"]
                if chance.random() < 0.5:
                    own = resource("IAM::Policy", PolicyName="own", Roles=[{"Ref": name}], PolicyDocument=content)
                else:
                    own = resource("IAM::ManagedPolicy", PolicyDocument=content)
                    arns: list[Any] = found["Properties"].setdefault("ManagedPolicyArns", [])
                    arns.append({"Ref": f"Own{name}"})
                added[f"Own{name}"] = own
    return {"Resources": {**template["Resources"], **added}}


def literals(template: Json, chance: random.Random) -> Json:
    """ARNs put together by hand instead of asked for."""
    text = json.dumps(template)
    text = text.replace('{"Fn::GetAtt": ["Data", "Arn"]}', '{"Fn::Sub": "arn:${AWS::Partition}:s3:::${Data}"}')
    text = text.replace('"Fn::Sub": "${Data.Arn}/*"', '"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "Data"}, "/*"]]')
    here = "${AWS::Region}:${AWS::AccountId}"
    text = text.replace(
        '{"Fn::GetAtt": ["Handler", "Arn"]}', f'{{"Fn::Sub": "arn:aws:lambda:{here}:function:${{Handler}}"}}'
    )
    return json.loads(text)


def rules(template: Json, chance: random.Random) -> Json:
    """The same network traffic by other rules."""
    properties = template["Resources"]["Wall"]["Properties"]
    cut = chance.randint(80, 442)
    properties["SecurityGroupIngress"] = [
        {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, "CidrIp": block}
        for low, high in ((80, cut), (cut + 1, 443))
        for block in ("10.0.0.0/9", "10.128.0.0/9")
    ]
    return template


REWRITES: tuple[Callable[[Json, random.Random], Json], ...] = (rename, reorder, split, sids, attach, literals, rules)


def widen(template: Json, chance: random.Random) -> Json:
    """One more thing that is allowed, by construction."""
    allowing = [item for found in documents(template) for item in _listed(found) if item["Effect"] == "Allow"]
    denying = [found for found in documents(template) if any(item["Effect"] == "Deny" for item in _listed(found))]
    if denying and chance.random() < 0.3:
        found = chance.choice(denying)
        found["Statement"] = [
            {**item, "Effect": "Allow"} if item["Effect"] == "Deny" else item for item in _listed(found)
        ]
        return template
    statement = chance.choice(allowing)
    if statement["Action"] == "sts:AssumeRole":
        statement["Principal"] = {"Service": [statement["Principal"]["Service"], "ec2.amazonaws.com"]}
    else:
        statement["Action"] = [*statement["Action"], "sns:Publish"]
        statement["Resource"] = "*"
        statement.pop("Condition", None)
    return template
