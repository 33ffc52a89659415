"""Access control lists of subnets: the rule with the lowest number that fits decides."""

from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import Json, answer, compared, resource, template

ANY = "0.0.0.0/0"
Rule = tuple[int, str, str, int, int]


def entry(rule: Rule, acl: Any, **more: Any) -> Json:
    number, action, block, first, last = rule
    return resource(
        "EC2::NetworkAclEntry",
        NetworkAclId=acl,
        RuleNumber=number,
        RuleAction=action,
        Protocol=6,
        CidrBlock=block,
        PortRange={"From": first, "To": last},
        **more,
    )


def acl(*rules: Rule, **more: Json) -> Json:
    entries = {f"Entry{index}": entry(rule, {"Ref": "Acl"}) for index, rule in enumerate(rules)}
    return template(Acl=resource("EC2::NetworkAcl", VpcId="vpc-1"), **entries, **more)


WEB: Rule = (100, "allow", ANY, 443, 443)
BLOCKED: Rule = (90, "deny", "203.0.113.0/24", 0, 65535)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (acl(), acl(WEB)),
        (acl(WEB), acl(WEB, (110, "allow", ANY, 22, 22))),
        (acl(BLOCKED, WEB), acl(WEB)),
        (acl(BLOCKED, WEB), acl((200, *BLOCKED[1:]), WEB)),
        (acl((100, "allow", "10.0.0.0/8", 0, 65535)), acl((100, "allow", ANY, 0, 65535))),
    ],
)
def test_more_traffic_is_an_expansion_one_way_only(old: Json, new: Json) -> None:
    assert answer(old, new) == "EXPANSION"
    assert answer(new, old) == "NO_EXPANSION"


def test_the_same_traffic_can_be_written_otherwise() -> None:
    one = acl((100, "allow", "10.0.0.0/8", 0, 1023))
    two = acl((10, "allow", "10.0.0.0/9", 0, 1023), (20, "allow", "10.128.0.0/9", 0, 500),
              (30, "deny", "192.0.2.0/24", 0, 9), (40, "allow", "10.128.0.0/9", 400, 1023))  # fmt: skip
    assert answer(one, two) == "NO_EXPANSION"
    assert answer(two, one) == "NO_EXPANSION"


def test_a_finding_names_the_entry_and_strangers() -> None:
    (finding,) = compared(acl(), acl(WEB)).findings
    assert finding.title == "EC2::NetworkAcl ${Acl} newly lets traffic from 0.0.0.0/0 through (rule 100, ports 443-443)"
    assert [item.value for item in finding.classes] == ["public"]


def test_a_list_that_is_new_is_no_wider_than_the_default_one() -> None:
    assert answer(template(), acl(WEB)) == "NO_EXPANSION"
    assert answer(acl(WEB), template()) == "NO_EXPANSION"


def test_entries_of_a_list_that_is_elsewhere_count() -> None:
    before, after = template(), template(Entry=entry(WEB, "acl-1"))
    assert answer(before, after) == "EXPANSION"
    assert answer(after, before) == "NO_EXPANSION"


def subnet(name: Any) -> Json:
    return {"Belongs": resource("EC2::SubnetNetworkAclAssociation", SubnetId="subnet-1", NetworkAclId=name)}


def test_a_subnet_with_another_list_is_compared_by_what_the_lists_let_through() -> None:
    other: Json = {
        "Other": resource("EC2::NetworkAcl", VpcId="vpc-1"),
        "Wide": entry((100, "allow", ANY, 0, 65535), {"Ref": "Other"}),
    }
    narrow, wide = (acl(WEB, **other, **subnet({"Ref": name})) for name in ("Acl", "Other"))
    (finding,) = compared(narrow, wide).findings
    assert finding.subject == "subnet subnet-1"
    assert answer(wide, narrow) == "NO_EXPANSION"
    assert answer(acl(WEB, **other), narrow) == "NO_EXPANSION"


def test_entries_that_are_not_known_are_not_understood() -> None:
    block: Json = {"Fn::ImportValue": "block"}
    unknown = acl(WEB)
    unknown["Resources"]["Entry0"]["Properties"]["CidrBlock"] = block
    assert answer(unknown, unknown) == "NO_EXPANSION"
    assert answer(acl(WEB), unknown) == "UNKNOWN"
