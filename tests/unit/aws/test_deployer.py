"""CloudFormation's answers and what they mean: statuses, change sets, causes of failure, and what is fine to repeat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest
from botocore.stub import ANY, Stubber

from towpath.aws.deployer import CloudFormationDeployer
from towpath.errors import AwsUnavailable, RefusedByAws, ThrottledByAws
from towpath.review.ports import ChangeSetCondition, Deployment, StackCondition

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROLE, ARN = "arn:aws:iam::111111111111:role/towpath-preview-execution", "arn:aws:cloudformation:change-set/towpath-p/1"
STACK_ID = "arn:aws:cloudformation:eu-west-1:111111111111:stack/orders/1"
DEPLOYMENT = Deployment("orders", "assets/abc", {"Size": "1", "Password": None}, ("CAPABILITY_IAM",), {"team": "desk"})
TOLD = {
    "TemplateURL": "https://assets.s3.eu-west-1.amazonaws.com/assets/abc",
    "Parameters": [
        {"ParameterKey": "Password", "UsePreviousValue": True},
        {"ParameterKey": "Size", "ParameterValue": "1"},
    ],
    "Capabilities": ["CAPABILITY_IAM"],
    "Tags": [{"Key": "team", "Value": "desk"}],
    "RoleARN": ROLE,
}


class Cloud:
    """The deployer on a stubbed client; every answer that is put in has to be asked for."""

    def __init__(self) -> None:
        names = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
        client = cast(Any, boto3).client("cloudformation", **names)
        self.stub = Stubber(client)
        asset_url = "https://assets.s3.eu-west-1.amazonaws.com/"
        self.deployer = CloudFormationDeployer(client, execution_role=ROLE, asset_url=asset_url)

    def answers(self, method: str, answer: dict[str, Any], asked: dict[str, Any] | None = None) -> None:
        self.stub.add_response(method, answer, asked)

    def refuses(self, method: str, code: str, message: str = "") -> None:
        self.stub.add_client_error(method, code, message)

    def stack(self, status: str, **parts: Any) -> None:
        described = {"StackName": "orders", "CreationTime": NOW, "StackStatus": status, **parts}
        self.answers("describe_stacks", {"Stacks": [described]}, {"StackName": "orders"})

    def change_set(self, status: str, execution: str = "UNAVAILABLE", reason: str = "", **parts: Any) -> None:
        answer = {"Status": status, "ExecutionStatus": execution, "StatusReason": reason, **parts}
        self.answers("describe_change_set", answer, {"ChangeSetName": ARN, "IncludePropertyValues": True})


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    cloud = Cloud()
    with cloud.stub:
        yield cloud
        cloud.stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        ("REVIEW_IN_PROGRESS", StackCondition.REVIEWED_ONLY),
        ("CREATE_COMPLETE", StackCondition.COMPLETE),
        ("UPDATE_COMPLETE", StackCondition.COMPLETE),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackCondition.IN_PROGRESS),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", StackCondition.IN_PROGRESS),
        ("ROLLBACK_IN_PROGRESS", StackCondition.IN_PROGRESS),
        ("UPDATE_ROLLBACK_COMPLETE", StackCondition.ROLLED_BACK),
        ("ROLLBACK_COMPLETE", StackCondition.NEVER_CREATED),
        ("CREATE_FAILED", StackCondition.NEVER_CREATED),
        ("UPDATE_ROLLBACK_FAILED", StackCondition.FAILED),
        ("UPDATE_FAILED", StackCondition.FAILED),
        ("DELETE_FAILED", StackCondition.FAILED),
    ],
)
def test_what_a_status_means(cloud: Cloud, status: str, condition: StackCondition) -> None:
    cloud.stack(status)
    assert cloud.deployer.stack("orders").condition is condition


def test_a_stack_with_all_that_is_known_of_it(cloud: Cloud) -> None:
    cloud.stack(
        "UPDATE_COMPLETE",
        StackStatusReason="because",
        Parameters=[
            {"ParameterKey": "Size", "ParameterValue": "1"},
            {"ParameterKey": "Image", "ParameterValue": "/image", "ResolvedValue": "ami-1"},
            {"ParameterKey": "Word", "ParameterValue": "/word", "ResolvedValue": "****"},
        ],
        Outputs=[{"OutputKey": "Url", "OutputValue": "https://x"}],
        Tags=[{"Key": "team", "Value": "desk"}],
    )
    found = cloud.deployer.stack("orders")
    assert found.parameters == {"Size": "1", "Image": "/image", "Word": "/word"}
    assert (found.resolved, found.outputs, found.tags) == ({"Image": "ami-1"}, {"Url": "https://x"}, {"team": "desk"})
    assert (found.status, found.reason) == ("UPDATE_COMPLETE", "because")


def test_an_absent_stack_is_a_state_and_other_refusals_are_errors(cloud: Cloud) -> None:
    cloud.refuses("describe_stacks", "ValidationError", "Stack with id orders does not exist")
    assert cloud.deployer.stack("orders").condition is StackCondition.ABSENT
    cloud.refuses("list_stack_resources", "ValidationError", "Stack with id orders does not exist")
    assert cloud.deployer.resources("orders") == {}
    for code, kind in (
        ("AccessDenied", RefusedByAws),
        ("Throttling", ThrottledByAws),
        ("ValidationError", RefusedByAws),
    ):
        cloud.refuses("describe_stacks", code, "no")
        with pytest.raises(kind, match="reading a stack"):
            cloud.deployer.stack("orders")


def test_resources_of_all_pages(cloud: Cloud) -> None:
    def summary(name: str) -> dict[str, Any]:
        return {"LogicalResourceId": name, "PhysicalResourceId": f"id-of-{name}", "ResourceType": "AWS::SQS::Queue",
                "LastUpdatedTimestamp": NOW, "ResourceStatus": "CREATE_COMPLETE"}  # fmt: skip

    cloud.answers("list_stack_resources", {"StackResourceSummaries": [summary("A")], "NextToken": "t"})
    cloud.answers("list_stack_resources", {"StackResourceSummaries": [summary("B")]})
    found = cloud.deployer.resources("orders")
    assert {name: item.physical_id for name, item in found.items()} == {"A": "id-of-A", "B": "id-of-B"}


@pytest.mark.parametrize(("create", "kind"), [(True, "CREATE"), (False, "UPDATE")])
def test_a_change_set_is_created_with_the_environments_role(cloud: Cloud, create: bool, kind: str) -> None:
    asked = {"StackName": "orders", "ChangeSetName": "towpath-p", "ChangeSetType": kind, **TOLD}
    cloud.answers("create_change_set", {"Id": ARN}, asked)
    assert cloud.deployer.create_change_set("towpath-p", DEPLOYMENT, create=create) == ARN


def test_a_retry_finds_the_change_set_of_that_name(cloud: Cloud) -> None:
    cloud.refuses("create_change_set", "AlreadyExistsException", "exists")
    asked = {"StackName": "orders", "ChangeSetName": "towpath-p"}
    cloud.answers("describe_change_set", {"ChangeSetId": ARN}, asked)
    assert cloud.deployer.create_change_set("towpath-p", DEPLOYMENT, create=False) == ARN


def test_a_change_set_of_that_name_that_is_still_being_deleted_is_waited_for(cloud: Cloud) -> None:
    """After `moved` the same name is used again, and a deletion takes its time."""
    cloud.refuses("create_change_set", "AlreadyExistsException", "exists")
    cloud.answers("describe_change_set", {"ChangeSetId": ARN, "Status": "DELETE_PENDING"})
    with pytest.raises(AwsUnavailable, match="DELETE_PENDING"):
        cloud.deployer.create_change_set("towpath-p", DEPLOYMENT, create=False)


@pytest.mark.parametrize(
    ("status", "execution", "reason", "condition"),
    [
        ("CREATE_PENDING", "UNAVAILABLE", "", ChangeSetCondition.PENDING),
        ("CREATE_IN_PROGRESS", "UNAVAILABLE", "", ChangeSetCondition.PENDING),
        ("CREATE_COMPLETE", "AVAILABLE", "", ChangeSetCondition.READY),
        ("CREATE_COMPLETE", "EXECUTE_IN_PROGRESS", "", ChangeSetCondition.EXECUTED),
        ("CREATE_COMPLETE", "EXECUTE_COMPLETE", "", ChangeSetCondition.EXECUTED),
        ("CREATE_COMPLETE", "EXECUTE_FAILED", "", ChangeSetCondition.EXECUTED),
        ("CREATE_COMPLETE", "OBSOLETE", "", ChangeSetCondition.GONE),
        ("DELETE_PENDING", "UNAVAILABLE", "", ChangeSetCondition.GONE),
        ("DELETE_IN_PROGRESS", "UNAVAILABLE", "", ChangeSetCondition.GONE),
        ("DELETE_FAILED", "UNAVAILABLE", "", ChangeSetCondition.GONE),
        ("FAILED", "UNAVAILABLE", "Template error: no such mapping", ChangeSetCondition.FAILED),
        ("FAILED", "UNAVAILABLE", "No updates are to be performed.", ChangeSetCondition.EMPTY),
        (
            "FAILED",
            "UNAVAILABLE",
            "The submitted information didn't contain changes. Submit different information to create a change set.",
            ChangeSetCondition.EMPTY,
        ),
    ],
)
def test_what_a_change_set_has_become(
    cloud: Cloud, status: str, execution: str, reason: str, condition: ChangeSetCondition
) -> None:
    cloud.change_set(status, execution, reason)
    assert cloud.deployer.change_set(ARN).condition is condition


def test_the_changes_of_all_pages(cloud: Cloud) -> None:
    def change(name: str) -> dict[str, Any]:
        resource = {"Action": "Add", "LogicalResourceId": name, "ResourceType": "AWS::SQS::Queue"}
        return {"Type": "Resource", "ResourceChange": resource}

    cloud.change_set("CREATE_COMPLETE", "AVAILABLE", Changes=[change("B")], NextToken="t")
    last = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": [change("A")]}
    cloud.answers("describe_change_set", last)
    assert [found.logical_id for found in cloud.deployer.change_set(ARN).changes] == ["A", "B"]


def test_a_change_set_that_is_gone(cloud: Cloud) -> None:
    cloud.refuses("describe_change_set", "ChangeSetNotFound")
    assert cloud.deployer.change_set(ARN).condition is ChangeSetCondition.GONE


@pytest.mark.parametrize("body", ['{"Resources": {}}', {"Resources": {}}])
def test_templates_are_text_whatever_they_come_as(cloud: Cloud, body: Any) -> None:
    # botocore turns JSON templates into objects, and leaves YAML as it is.
    text = body if isinstance(body, str) else json.dumps(body)
    cloud.answers("get_template", {"TemplateBody": text}, {"StackName": "orders", "TemplateStage": "Processed"})
    cloud.answers("get_template", {"TemplateBody": text}, {"StackName": "orders", "TemplateStage": "Original"})
    cloud.answers("get_template", {"TemplateBody": text}, {"ChangeSetName": ARN, "TemplateStage": "Processed"})
    deployer = cloud.deployer
    found = (deployer.live_template("orders"), deployer.original_template("orders"), deployer.proposed_template(ARN))
    assert [json.loads(text) for text in found] == [{"Resources": {}}] * 3


def test_a_template_that_becomes_an_object_does_not_grow(cloud: Cloud) -> None:
    """CloudFormation takes a megabyte; one written tightly must still fit when a rollback hands it in again."""
    text = '{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Metadata":{"says":"größer"}}}}'
    cloud.answers("get_template", {"TemplateBody": text})
    assert cloud.deployer.original_template("orders") == text


def test_a_rollback_that_was_begun_before_has_begun(cloud: Cloud) -> None:
    cloud.refuses("update_stack", "TokenAlreadyExistsException", "A client request token already exists")
    assert cloud.deployer.update(DEPLOYMENT, "back")
    cloud.refuses("continue_update_rollback", "TokenAlreadyExistsException", "A client request token already exists")
    cloud.deployer.resume_rollback("orders", "back")
    cloud.refuses("delete_stack", "TokenAlreadyExistsException", "A client request token already exists")
    cloud.deployer.delete("orders", "back")
    cloud.refuses("execute_change_set", "TokenAlreadyExistsException", "A client request token already exists")
    cloud.deployer.execute(ARN, "p")


def test_executing_and_discarding(cloud: Cloud) -> None:
    cloud.answers("execute_change_set", {}, {"ChangeSetName": ARN, "ClientRequestToken": "orders-1-2-0"})
    cloud.deployer.execute(ARN, "orders-1.2.0")
    asked = {"StackName": "orders", "ChangeSetName": "towpath-p"}
    cloud.answers("delete_change_set", {}, asked)
    cloud.deployer.discard("orders", "towpath-p")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ChangeSetNotFound", "gone"),
        ("InvalidChangeSetStatus", "executing"),
        ("ValidationError", "Stack [orders] does not exist"),
    ],
)
def test_discarding_what_is_gone_is_fine(cloud: Cloud, code: str, message: str) -> None:
    cloud.refuses("delete_change_set", code, message)
    cloud.deployer.discard("orders", "towpath-p")


def test_discarding_what_one_may_not_is_an_error(cloud: Cloud) -> None:
    cloud.refuses("delete_change_set", "AccessDenied", "no")
    with pytest.raises(RefusedByAws, match="deleting a change set"):
        cloud.deployer.discard("orders", "towpath-p")


def test_the_ways_back(cloud: Cloud) -> None:
    cloud.answers("update_stack", {"StackId": STACK_ID}, {"StackName": "orders", "ClientRequestToken": "back", **TOLD})
    assert cloud.deployer.update(DEPLOYMENT, "back")
    cloud.refuses("update_stack", "ValidationError", "No updates are to be performed.")
    assert not cloud.deployer.update(DEPLOYMENT, "back")
    cloud.refuses("update_stack", "ValidationError", "Parameters: [Size] must have values")
    with pytest.raises(RefusedByAws, match="must have values"):
        cloud.deployer.update(DEPLOYMENT, "back")
    asked = {"StackName": "orders", "RoleARN": ROLE, "ClientRequestToken": "back"}
    cloud.answers("continue_update_rollback", {}, asked)
    cloud.deployer.resume_rollback("orders", "back")
    cloud.answers("delete_stack", {}, asked)
    cloud.deployer.delete("orders", "back")


def event(status: str, name: str = "orders", reason: str = "", *, nested: bool = False) -> dict[str, Any]:
    own = name == "orders"
    kind = "AWS::CloudFormation::Stack" if own or nested else "AWS::SQS::Queue"
    physical = STACK_ID if own else f"id-of-{name}"
    return {
        "EventId": f"{name}-{status}", "StackName": "orders", "StackId": STACK_ID, "Timestamp": NOW,
        "LogicalResourceId": name, "PhysicalResourceId": physical, "ResourceType": kind, "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }  # fmt: skip


class TestFailure:
    """Events come newest first."""

    def failure(self, cloud: Cloud, *events: dict[str, Any]) -> str:
        cloud.answers("describe_stack_events", {"StackEvents": list(events)}, {"StackName": ANY})
        return cloud.deployer.failure("orders")

    def test_the_first_resource_that_failed_is_the_cause(self, cloud: Cloud) -> None:
        found = self.failure(
            cloud,
            event("UPDATE_ROLLBACK_COMPLETE"),
            event("UPDATE_ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to update"),
            event("UPDATE_FAILED", "Other", "Resource update cancelled"),
            event("UPDATE_FAILED", "Second", "also wrong"),
            event("UPDATE_FAILED", "First", "the name is taken"),
            event("UPDATE_IN_PROGRESS"),
            event("CREATE_FAILED", "Older", "of another operation"),
        )
        assert found == "First: the name is taken"

    def test_a_nested_stack_is_a_resource_of_its_parent(self, cloud: Cloud) -> None:
        found = self.failure(
            cloud,
            event("UPDATE_ROLLBACK_IN_PROGRESS"),
            event("UPDATE_FAILED", "Inner", "Embedded stack was not updated", nested=True),
            event("UPDATE_IN_PROGRESS", "Inner", nested=True),
            event("UPDATE_IN_PROGRESS"),
        )
        assert found == "Inner: Embedded stack was not updated"

    def test_nothing_failed(self, cloud: Cloud) -> None:
        assert self.failure(cloud, event("UPDATE_COMPLETE"), event("UPDATE_IN_PROGRESS")) == ""
