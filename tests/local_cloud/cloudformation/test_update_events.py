"""What an update says that it does; every test would pass against AWS too."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.embedded


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def events(stacks: Any, name: str) -> list[tuple[str, str]]:
    """Since the update began."""
    found = stacks.service.describe_stack_events(StackName=name)["StackEvents"]
    listed = [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(found)]
    return listed[len(listed) - listed[::-1].index((name, "UPDATE_IN_PROGRESS")) :]


def resources(stacks: Any, name: str) -> dict[str, tuple[str, Any]]:
    found = stacks.service.list_stack_resources(StackName=name)["StackResourceSummaries"]
    return {one["LogicalResourceId"]: (one["ResourceStatus"], one["LastUpdatedTimestamp"]) for one in found}


def test_only_what_changes_has_events_and_a_new_status(stacks: Any) -> None:
    name = stacks.create({"Resources": {"A": queue(DelaySeconds=1), "B": queue()}})
    before = resources(stacks, name)
    assert stacks.update(name, {"Resources": {"A": queue(DelaySeconds=2), "B": queue()}}) == "UPDATE_COMPLETE"
    assert events(stacks, name) == [
        ("A", "UPDATE_IN_PROGRESS"),
        ("A", "UPDATE_COMPLETE"),
        (name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        (name, "UPDATE_COMPLETE"),
    ]
    after = resources(stacks, name)
    assert after["A"][0] == "UPDATE_COMPLETE"
    assert after["B"] == before["B"]


def test_what_is_new_is_created_and_what_is_gone_is_deleted(stacks: Any) -> None:
    name = stacks.create({"Resources": {"Kept": queue() | {"DeletionPolicy": "Retain"}, "Old": queue()}})
    assert stacks.update(name, {"Resources": {"New": queue()}}) == "UPDATE_COMPLETE"
    seen = events(stacks, name)
    assert seen[:3] == [
        ("New", "CREATE_IN_PROGRESS"),
        ("New", "CREATE_COMPLETE"),
        (name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    ]
    assert sorted(seen[3:-1]) == [("Kept", "DELETE_SKIPPED"), ("Old", "DELETE_COMPLETE"), ("Old", "DELETE_IN_PROGRESS")]
    assert seen[-1] == (name, "UPDATE_COMPLETE")
    assert {key: status for key, (status, _) in resources(stacks, name).items()} == {"New": "CREATE_COMPLETE"}


def test_a_failed_update_has_its_events_and_those_of_the_way_back(stacks: Any) -> None:
    name = stacks.create({"Resources": {"A": queue(DelaySeconds=1), "B": queue()}})
    failing = queue(DelaySeconds=-1) | {"DependsOn": "B"}
    broken = {"Resources": {"A": queue(DelaySeconds=2), "B": queue() | {"DependsOn": "A"}, "C": failing}}
    assert stacks.update(name, broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert events(stacks, name) == [
        ("A", "UPDATE_IN_PROGRESS"),
        ("A", "UPDATE_COMPLETE"),
        ("C", "CREATE_IN_PROGRESS"),
        ("C", "CREATE_FAILED"),
        (name, "UPDATE_ROLLBACK_IN_PROGRESS"),
        ("A", "UPDATE_IN_PROGRESS"),
        ("A", "UPDATE_COMPLETE"),
        (name, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
        (name, "UPDATE_ROLLBACK_COMPLETE"),
    ]
    assert resources(stacks, name).keys() == {"A", "B"}
