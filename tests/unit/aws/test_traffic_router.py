"""CodeDeploy, Lambda's aliases and CloudWatch's alarms as a traffic router."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import pytest
from botocore.stub import ANY, Stubber

from towpath.aws.traffic_router import CodeDeployTrafficRouter, app_spec
from towpath.errors import AwsUnavailable, RefusedByAws, ThrottledByAws
from towpath.traffic.ports import AliasState, Shift, ShiftCondition
from towpath.traffic.strategy import Strategy

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROLE = "arn:aws:iam::111111111111:role/towpath-preview-codedeploy"
PREDEFINED = Strategy.parse("canary-10-percent-5-minutes")
SHIFT = Shift("orders-Api", "orders-api", "live", "2", "3", PREDEFINED, ("orders-errors",))
GROUP = {"applicationName": "towpath-preview", "deploymentGroupName": "orders-Api"}
# Clocks differ a little; a minute before is early enough.
SINCE = {**GROUP, "createTimeRange": {"start": NOW - timedelta(minutes=1)}}
ROLL_BACK = {
    "enabled": True,
    "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
}


class Cloud:
    """The router on three stubbed clients."""

    def __init__(self) -> None:
        names = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
        clients = [cast(Any, boto3).client(name, **names) for name in ("codedeploy", "lambda", "cloudwatch")]
        self.codedeploy, self.functions, self.alarms = (Stubber(client) for client in clients)
        self.router = CodeDeployTrafficRouter(
            clients[0], clients[1], clients[2], application="towpath-preview", service_role=ROLE, since=NOW
        )

    def deployment(self, identity: str, **info: Any) -> None:
        self.codedeploy.add_response("get_deployment", {"deploymentInfo": info}, {"deploymentId": identity})

    def none_begun(self) -> None:
        self.codedeploy.add_response("list_deployments", {"deployments": []}, SINCE)

    def creates(self, shift: Shift = SHIFT) -> None:
        asked = {
            **GROUP,
            "deploymentConfigName": shift.strategy.deployment_configuration,
            "description": "p/orders-Api",
            "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"content": app_spec(shift)}},
            "autoRollbackConfiguration": ROLL_BACK,
        }
        self.codedeploy.add_response("create_deployment", {"deploymentId": "d-1"}, asked)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    cloud = Cloud()
    with cloud.codedeploy, cloud.functions, cloud.alarms:
        yield cloud
        for stub in (cloud.codedeploy, cloud.functions, cloud.alarms):
            stub.assert_no_pending_responses()


def test_the_appspec_names_alias_and_versions() -> None:
    (resource,) = json.loads(app_spec(SHIFT))["Resources"]
    assert resource["function"]["Type"] == "AWS::Lambda::Function"
    assert resource["function"]["Properties"] == {
        "Name": "orders-api", "Alias": "live", "CurrentVersion": "2", "TargetVersion": "3",
    }  # fmt: skip


class TestBegin:
    def test_the_first_shift_makes_the_group(self, cloud: Cloud) -> None:
        cloud.codedeploy.add_client_error("list_deployments", "DeploymentGroupDoesNotExistException")
        asked = {
            **GROUP, "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
            "serviceRoleArn": ROLE, "autoRollbackConfiguration": ROLL_BACK,
            "alarmConfiguration": {"enabled": True, "alarms": [{"name": "orders-errors"}]},
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        }  # fmt: skip
        cloud.codedeploy.add_response("create_deployment_group", {"deploymentGroupId": "g"}, asked)
        cloud.creates()
        assert cloud.router.begin(SHIFT, "p/orders-Api") == "d-1"

    def test_a_later_one_brings_it_up_to_date_also_without_alarms(self, cloud: Cloud) -> None:
        shift = replace(SHIFT, alarms=())
        cloud.none_begun()
        cloud.codedeploy.add_client_error("create_deployment_group", "DeploymentGroupAlreadyExistsException")
        asked = {
            "applicationName": "towpath-preview", "currentDeploymentGroupName": "orders-Api",
            "deploymentConfigName": ANY, "serviceRoleArn": ROLE, "autoRollbackConfiguration": ROLL_BACK,
            "alarmConfiguration": {"enabled": False, "alarms": list[Any]()},
        }  # fmt: skip
        cloud.codedeploy.add_response("update_deployment_group", {}, asked)
        cloud.creates(shift)
        assert cloud.router.begin(shift, "p/orders-Api") == "d-1"

    @pytest.mark.parametrize(
        ("name", "routing"),
        [
            (
                "canary-25-percent-7-minutes",
                {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 25, "canaryInterval": 7}},
            ),
            (
                "linear-20-percent-every-4-minutes",
                {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 20, "linearInterval": 4}},
            ),
        ],
    )
    @pytest.mark.parametrize("known", [False, True])
    def test_a_strategy_that_codedeploy_does_not_have_becomes_a_configuration(
        self, cloud: Cloud, name: str, routing: dict[str, Any], known: bool
    ) -> None:
        shift = replace(SHIFT, strategy=Strategy.parse(name))
        cloud.none_begun()
        asked = {
            "deploymentConfigName": f"towpath-{name}",
            "computePlatform": "Lambda",
            "trafficRoutingConfig": routing,
        }
        if known:
            cloud.codedeploy.add_client_error("create_deployment_config", "DeploymentConfigAlreadyExistsException")
        else:
            cloud.codedeploy.add_response("create_deployment_config", {"deploymentConfigId": "c"}, asked)
        cloud.codedeploy.add_response("create_deployment_group", {"deploymentGroupId": "g"})
        cloud.creates(shift)
        assert cloud.router.begin(shift, "p/orders-Api") == "d-1"

    def test_a_retry_finds_what_it_began_and_touches_nothing(self, cloud: Cloud) -> None:
        """In whichever order CodeDeploy lists deployments: it promises none."""
        others = ["d-4", "d-3", "d-1"]
        cloud.codedeploy.add_response("list_deployments", {"deployments": others, "nextToken": "t"}, SINCE)
        cloud.codedeploy.add_response("list_deployments", {"deployments": ["d-2"]}, {**SINCE, "nextToken": "t"})
        for other in others:
            cloud.deployment(other, description="a rollback", creator="codeDeployRollback")
        cloud.deployment("d-2", description="p/orders-Api")
        assert cloud.router.begin(SHIFT, "p/orders-Api") == "d-2"

    def begins_beside_another(self, cloud: Cloud) -> None:
        cloud.none_begun()
        cloud.codedeploy.add_response("create_deployment_group", {"deploymentGroupId": "g"})
        active = "The Deployment Group 'orders-Api' already has an active Deployment 'd-1'"
        cloud.codedeploy.add_client_error("create_deployment", "DeploymentLimitExceededException", active)

    def test_its_own_deployment_that_was_not_listed_yet_is_found_by_the_refusal(self, cloud: Cloud) -> None:
        self.begins_beside_another(cloud)
        cloud.codedeploy.add_response("list_deployments", {"deployments": ["d-1"]}, SINCE)
        cloud.deployment("d-1", description="p/orders-Api")
        assert cloud.router.begin(SHIFT, "p/orders-Api") == "d-1"

    def test_somebody_elses_deployment_in_the_group_is_waited_for(self, cloud: Cloud) -> None:
        self.begins_beside_another(cloud)
        cloud.codedeploy.add_response("list_deployments", {"deployments": []}, SINCE)
        with pytest.raises(AwsUnavailable, match="already has an active"):
            cloud.router.begin(SHIFT, "p/orders-Api")

    def test_what_may_not_be_done_is_an_error(self, cloud: Cloud) -> None:
        cloud.none_begun()
        cloud.codedeploy.add_client_error("create_deployment_group", "InvalidRoleException", "no such role")
        with pytest.raises(RefusedByAws, match="starting a traffic shift"):
            cloud.router.begin(SHIFT, "p/orders-Api")


class TestState:
    @pytest.mark.parametrize(
        ("status", "condition"),
        [
            ("Created", ShiftCondition.SHIFTING),
            ("InProgress", ShiftCondition.SHIFTING),
            ("Baking", ShiftCondition.SHIFTING),
            ("Ready", ShiftCondition.SHIFTING),
            ("Succeeded", ShiftCondition.SHIFTED),
            ("Failed", ShiftCondition.FAILED),
            ("Stopped", ShiftCondition.FAILED),
        ],
    )
    def test_what_a_status_means(self, cloud: Cloud, status: str, condition: ShiftCondition) -> None:
        cloud.deployment("d-1", status=status, errorInformation={"code": "ALARM_ACTIVE", "message": "it fires"})
        found = cloud.router.state("d-1")
        assert (found.condition, found.error_code, found.reason) == (condition, "ALARM_ACTIVE", "it fires")

    @pytest.mark.parametrize(
        ("rollback", "condition"), [("InProgress", ShiftCondition.SHIFTING), ("Succeeded", ShiftCondition.FAILED)]
    )
    def test_a_failure_is_over_when_its_rollback_is(
        self, cloud: Cloud, rollback: str, condition: ShiftCondition
    ) -> None:
        cloud.deployment("d-1", status="Stopped", rollbackInfo={"rollbackDeploymentId": "d-2"})
        cloud.deployment("d-2", status=rollback)
        found = cloud.router.state("d-1")
        assert (found.condition, found.rollback) == (condition, "d-2")


def test_stopping_asks_for_a_rollback_and_an_end_is_fine(cloud: Cloud) -> None:
    asked = {"deploymentId": "d-1", "autoRollbackEnabled": True}
    cloud.codedeploy.add_response("stop_deployment", {"status": "Pending"}, asked)
    cloud.router.stop("d-1")
    cloud.codedeploy.add_client_error("stop_deployment", "DeploymentAlreadyCompletedException")
    cloud.router.stop("d-1")
    cloud.codedeploy.add_client_error("stop_deployment", "ThrottlingException")
    with pytest.raises(ThrottledByAws):
        cloud.router.stop("d-1")


class TestAlias:
    @pytest.mark.parametrize(
        ("routing", "state"),
        [
            ({}, AliasState("2", {})),
            ({"RoutingConfig": {"AdditionalVersionWeights": {}}}, AliasState("2", {})),
            ({"RoutingConfig": {"AdditionalVersionWeights": {"3": 0.0}}}, AliasState("2", {})),
            ({"RoutingConfig": {"AdditionalVersionWeights": {"3": 0.1}}}, AliasState("2", {"3": 0.1})),
        ],
    )
    def test_a_weight_of_nothing_is_no_split(self, cloud: Cloud, routing: dict[str, Any], state: AliasState) -> None:
        asked = {"FunctionName": "orders-api", "Name": "live"}
        cloud.functions.add_response("get_alias", {"FunctionVersion": "2", **routing}, asked)
        found = cloud.router.alias("orders-api", "live")
        assert found is not None
        assert (found, found.is_whole) == (state, not state.weights)

    def test_there_is_none(self, cloud: Cloud) -> None:
        cloud.functions.add_client_error("get_alias", "ResourceNotFoundException")
        assert cloud.router.alias("orders-api", "live") is None

    def test_restored_it_is_whole(self, cloud: Cloud) -> None:
        whole = {"AdditionalVersionWeights": dict[str, float]()}
        asked = {"FunctionName": "orders-api", "Name": "live", "FunctionVersion": "2", "RoutingConfig": whole}
        cloud.functions.add_response("update_alias", {}, asked)
        cloud.router.restore("orders-api", "live", "2")


class TestAlarms:
    def test_those_in_alarm_and_those_that_nobody_knows(self, cloud: Cloud) -> None:
        answer = {
            "MetricAlarms": [
                {"AlarmName": "a", "StateValue": "OK"},
                {"AlarmName": "b", "StateValue": "ALARM"},
                {"AlarmName": "c", "StateValue": "INSUFFICIENT_DATA"},
            ],
            "CompositeAlarms": [{"AlarmName": "d", "StateValue": "ALARM"}],
        }
        asked = {"AlarmNames": ["a", "b", "c", "d", "e"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
        cloud.alarms.add_response("describe_alarms", answer, asked)
        assert cloud.router.firing_alarms(["a", "b", "c", "d", "e"]) == ("b", "d", "e")

    def test_no_alarms_no_question(self, cloud: Cloud) -> None:
        assert cloud.router.firing_alarms([]) == ()
