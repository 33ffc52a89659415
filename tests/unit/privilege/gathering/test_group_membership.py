"""Security groups swapped on a workload: what the other one lets through, sends, and is let in to."""

from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import Json, answer, compared, resource, template

HOME, WORLD = "10.0.0.0/8", "0.0.0.0/0"


def rule(block: str) -> Json:
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": block}


def group(*blocks: str, **more: Any) -> Json:
    return resource("EC2::SecurityGroup", GroupDescription="g", SecurityGroupIngress=list(map(rule, blocks)), **more)


QUIET = {"SecurityGroupEgress": [rule("10.9.0.0/16")]}
GROUPS: Json = {
    "Home": group(HOME),
    "World": group(WORLD),
    "Quiet": group(**QUIET),
    "Member": group(HOME),
    "Database": resource("EC2::SecurityGroup", GroupDescription="d"),
    "LetIn": resource(
        "EC2::SecurityGroupIngress",
        GroupId={"Ref": "Database"},
        IpProtocol="tcp",
        FromPort=5432,
        ToPort=5432,
        SourceSecurityGroupId={"Fn::GetAtt": ["Member", "GroupId"]},
    ),
}


def instance(*names: str, **more: Any) -> Json:
    ids = [name if name.startswith("sg-") else {"Fn::GetAtt": [name, "GroupId"]} for name in names]
    properties: Json = {"SecurityGroupIds": ids} if ids else {}
    return template(Machine=resource("EC2::Instance", **properties, **more), **GROUPS)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["Home"], ["World"], "EXPANSION"),
        (["World"], ["Home"], "NO_EXPANSION"),
        (["Home"], ["Home", "World"], "EXPANSION"),
        (["Home", "World"], ["World", "Home"], "NO_EXPANSION"),
        (["Home", "World"], ["World"], "NO_EXPANSION"),
        (["Quiet"], ["Home"], "EXPANSION"),
        (["Home"], ["Quiet"], "NO_EXPANSION"),
        (["Home"], ["Member"], "EXPANSION"),
        (["Member"], ["Home"], "NO_EXPANSION"),
        ([], ["World"], "EXPANSION"),
        ([], ["Quiet"], "NO_EXPANSION"),
        (["sg-1"], ["sg-2"], "UNKNOWN"),
        (["sg-1"], ["sg-1"], "NO_EXPANSION"),
        (["sg-1", "Home"], ["sg-1"], "NO_EXPANSION"),
        (["sg-1"], ["sg-1", "World"], "UNKNOWN"),
        (["sg-1"], ["sg-1", "Quiet"], "UNKNOWN"),
    ],
)
def test_what_belonging_to_another_group_gives(old: list[str], new: list[str], expected: str) -> None:
    assert answer(instance(*old), instance(*new)) == expected, compared(instance(*old), instance(*new))


def test_the_finding_says_which_group_and_what_it_opens() -> None:
    (finding,) = compared(instance("Home"), instance("Member")).findings
    assert finding.title == (
        "EC2::Instance ${Machine} newly belongs to security group ${Member} "
        "and so is let into security group ${Database}"
    )
    assert finding.location.place.path == ("Resources", "Machine", "Properties", "SecurityGroupIds", 0)
    assert finding.witness.context["group"] == "security group ${Member}"


@pytest.mark.parametrize(
    ("kind", "slot"),
    [
        ("RDS::DBInstance", ("VPCSecurityGroups",)),
        ("ElasticLoadBalancingV2::LoadBalancer", ("SecurityGroups",)),
        ("Lambda::Function", ("VpcConfig", "SecurityGroupIds")),
        ("ECS::Service", ("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups")),
        ("EC2::LaunchTemplate", ("LaunchTemplateData", "SecurityGroupIds")),
        ("EC2::NetworkInterface", ("GroupSet",)),
        ("EC2::Instance", ("NetworkInterfaces", "GroupSet")),
        ("OpenSearchService::Domain", ("VPCOptions", "SecurityGroupIds")),
    ],
)
def test_every_place_for_a_group_counts(kind: str, slot: tuple[str, ...]) -> None:
    def within(name: str) -> Json:
        value: Any = [{"Ref": name}]
        for part in reversed(slot):
            value = {part: [value] if part == "NetworkInterfaces" else value}
        return template(Thing=resource(kind, **value), **GROUPS)

    assert answer(within("Home"), within("World")) == "EXPANSION"
    assert answer(within("World"), within("Home")) == "NO_EXPANSION"


def test_a_group_that_is_renamed_is_the_same() -> None:
    new = instance("Home")
    new["Resources"]["Other"] = new["Resources"].pop("Home")
    new["Resources"]["Machine"]["Properties"]["SecurityGroupIds"] = [{"Ref": "Other"}]
    assert answer(instance("Home"), new) == "NO_EXPANSION"


def test_an_open_condition_is_tried_both_ways() -> None:
    def conditional(when_true: str, when_false: str) -> Json:
        found = instance("Home")
        choice = {"Fn::If": ["Wide", {"Ref": when_true}, {"Ref": when_false}]}
        found["Resources"]["Machine"]["Properties"]["SecurityGroupIds"] = [choice]
        parameters = {"Stage": {"Type": "String"}}
        return {**found, "Parameters": parameters, "Conditions": {"Wide": {"Fn::Equals": [{"Ref": "Stage"}, "x"]}}}

    assert answer(conditional("World", "Home"), conditional("World", "Home")) == "NO_EXPANSION"
    assert answer(conditional("World", "Home"), conditional("Home", "World")) == "EXPANSION"
    assert answer(conditional("World", "Home"), conditional("Home", "Home")) == "NO_EXPANSION"
