"""More rewrites that change nothing: other words for the same values, other places for the same policies."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any, cast

from tests.unit.privilege.gathering.rewrites import documents
from tests.unit.privilege.gathering.templates import Json, document, resource

_KEPT = ("Parameters", "Mappings", "Conditions")


def _statements(found: Json) -> list[Json]:
    statements: Any = found["Statement"]
    return cast("list[Json]", statements) if isinstance(statements, list) else [statements]


def whole(old: Json, new: Json) -> Json:
    """What a rewrite of the resources gives, with the old template's other sections."""
    return {**{name: old[name] for name in _KEPT if name in old}, **new}


def unlisted(template: Json, chance: random.Random) -> Json:
    """Lists of one thing as that thing, and the other way round."""
    for found in documents(template):
        for statement in _statements(found):
            for name in ("Action", "Resource", "NotAction"):
                value = statement.get(name)
                if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
                    statement[name] = value[0]
                elif isinstance(value, str):
                    statement[name] = [value]
        if len(_statements(found)) == 1:
            found["Statement"] = _statements(found)[0] if isinstance(found["Statement"], list) else [found["Statement"]]
    return template


def _is_long(item: Any) -> bool:
    return isinstance(item, str) and len(item) > 3


def spelled(template: Json, chance: random.Random) -> Json:
    """Texts by functions that give them."""
    forms: tuple[Callable[[str], Any], ...] = (
        lambda text: {"Fn::Join": ["", [text[:3], text[3:]]]},
        lambda text: {"Fn::Sub": ["${Part}" + text[2:], {"Part": text[:2]}]},
        lambda text: {"Fn::Select": [1, ["other", text]]},
        lambda text: {"Fn::If": ["Always", text, "*"]},
        lambda text: {"Fn::If": ["Never", "*", text]},
        lambda text: {"Fn::Join": [":", {"Fn::Split": [":", text]}]},
    )
    for found in documents(template):
        for statement in _statements(found):
            for name in ("Action", "Resource"):
                value: Any = statement.get(name)
                listed = cast("list[Any]", value) if isinstance(value, list) else [value]
                statement[name] = [
                    chance.choice(forms)(item) if _is_long(item) and chance.random() < 0.5 else item
                    for item in listed
                    if item is not None
                ]
            for name in [name for name in ("Action", "Resource") if statement[name] == []]:
                del statement[name]
    return template


def given(template: Json, chance: random.Random) -> Json:
    """Literal resources as parameters and mappings."""
    for number, found in enumerate(documents(template)):
        for index, statement in enumerate(_statements(found)):
            value = statement.get("Resource")
            if isinstance(value, list) and value and isinstance(value[0], str):
                name = f"Given{number}x{index}"
                if chance.random() < 0.5:
                    template["Parameters"][name] = {"Type": "String", "Default": value[0]}
                    value[0] = {"Ref": name}
                else:
                    template["Mappings"][name] = {"top": {"second": value[0]}}
                    value[0] = {"Fn::FindInMap": [name, "top", "second"]}
    return template


def doubled(template: Json, chance: random.Random) -> Json:
    """A statement twice, one more that gives part of it, and one that is never there."""
    for found in documents(template):
        statements = _statements(found)
        first = statements[0]
        never = {"Fn::If": ["Never", {**copy.deepcopy(first), "Effect": "Allow"}, {"Ref": "AWS::NoValue"}]}
        found["Statement"] = [*statements, copy.deepcopy(first), never]
    return template


def unlike(template: Json, chance: random.Random) -> Json:
    """What bears no permission: descriptions, tags, metadata, outputs, dependencies, conditions that hold."""
    names = list(template["Resources"])
    for name, entry in template["Resources"].items():
        entry["Metadata"] = {"note": chance.random()}
        if chance.random() < 0.3 and entry["Type"] not in ("AWS::IAM::Policy", "AWS::SQS::QueuePolicy"):
            entry["Condition"] = "Always"
        others = [other for other in names if other > name]
        if others and chance.random() < 0.2:
            entry["DependsOn"] = chance.choice(others)
    template["Resources"]["Ghost"] = {
        **resource("IAM::User", ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
        "Condition": "Never",
    }
    return {**template, "Description": f"d{chance.random()}", "Outputs": {"One": {"Value": {"Ref": names[0]}}}}


def standing_alone(template: Json, chance: random.Random) -> Json:
    """Inline policies of roles and inline rules of groups as resources of their own."""
    added: Json = {}
    for name, entry in template["Resources"].items():
        properties = entry["Properties"]
        if entry["Type"] == "AWS::IAM::Role" and chance.random() < 0.6:
            for index, policy in enumerate(properties.pop("Policies", [])):
                own = {"RoleName": {"Ref": name}, **policy}
                added[f"{name}Alone{index}"] = resource("IAM::RolePolicy", **own)
        if entry["Type"] == "AWS::EC2::SecurityGroup" and chance.random() < 0.6:
            for index, rule in enumerate(properties.pop("SecurityGroupIngress", [])):
                group = {"GroupId": {"Fn::GetAtt": [name, "GroupId"]}}
                added[f"{name}Rule{index}"] = resource("EC2::SecurityGroupIngress", **group, **rule)
    template["Resources"] |= added
    return template


def written_out(template: Json, chance: random.Random) -> Json:
    """Policies of queues as JSON text, and by `Fn::ToJsonString`."""
    for entry in template["Resources"].values():
        if entry["Type"] == "AWS::SQS::QueuePolicy":
            content = entry["Properties"]["PolicyDocument"]
            has_function = '"Fn::' in json.dumps(content) or '"Ref"' in json.dumps(content)
            entry["Properties"]["PolicyDocument"] = (
                {"Fn::ToJsonString": content} if has_function else json.dumps(content)
            )
    return template


def merged(template: Json, chance: random.Random) -> Json:
    """The policies of a role in one document."""
    for entry in template["Resources"].values():
        policies: Any = entry["Properties"].get("Policies")
        if isinstance(policies, list) and len(cast("list[Any]", policies)) > 1:
            listed = cast("list[Json]", policies)
            statements = [one for policy in listed for one in _statements(policy["PolicyDocument"])]
            entry["Properties"]["Policies"] = [{"PolicyName": "one", "PolicyDocument": document(*statements)}]
    return template


WRITTEN_OTHERWISE: tuple[Callable[[Json, random.Random], Json], ...] = (
    given, unlisted, spelled, doubled, unlike, merged, standing_alone, written_out
)  # fmt: skip
