"""Change sets as data, from answers of the shape that DescribeChangeSet documents."""

import json
from typing import Any

from towpath.review.change_set import Action, parse_changes


def change(logical_id: str, **parts: Any) -> dict[str, Any]:
    resource = {"Action": "Modify", "LogicalResourceId": logical_id, "ResourceType": "AWS::SQS::Queue", **parts}
    return {"Type": "Resource", "ResourceChange": resource}


def test_contexts_become_properties() -> None:
    before, after = {"Properties": {"DelaySeconds": "1"}}, {"Properties": {"DelaySeconds": "2"}}
    (found,) = parse_changes([change("Q", BeforeContext=json.dumps(before), AfterContext=json.dumps(after))])
    assert found.before == {"DelaySeconds": "1"}
    assert found.after == {"DelaySeconds": "2"}


def test_a_change_without_contexts_has_no_properties() -> None:
    (found,) = parse_changes([change("Q", Action="Add")])
    assert (found.action, found.before, found.after) == (Action.ADD, None, None)


def test_changes_are_sorted_and_hooks_are_left_out() -> None:
    found = parse_changes([change("B"), {"Type": "Hook"}, change("A")])
    assert [item.logical_id for item in found] == ["A", "B"]


def test_the_normalised_form_does_not_depend_on_the_order_of_causes() -> None:
    details = [
        {"Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}, "Evaluation": "Static"}
        for name in ("A", "B")
    ]
    one, other = parse_changes([change("Q", Details=details)]), parse_changes([change("Q", Details=details[::-1])])
    assert one[0].normalised() == other[0].normalised()


def test_the_physical_id_is_not_part_of_what_would_happen() -> None:
    one, other = parse_changes([change("Q", PhysicalResourceId="a")]), parse_changes([change("Q")])
    assert one[0].normalised() == other[0].normalised()
