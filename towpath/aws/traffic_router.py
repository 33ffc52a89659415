"""CodeDeploy as the router of one environment's traffic: an alias moves from one Lambda version to another.

A deployment group is made for each alias when it is first needed, with the alarms that the release names; a rollback is
always a deployment of its own. https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from towpath.aws.errors import aws_errors, error_code
from towpath.errors import AwsUnavailable
from towpath.traffic.ports import AliasState, Shift, ShiftCondition, ShiftState
from towpath.traffic.strategy import Shape, Strategy

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_codedeploy.type_defs import (
        AlarmConfigurationTypeDef,
        AutoRollbackConfigurationTypeDef,
        TrafficRoutingConfigTypeDef,
    )
    from mypy_boto3_lambda import LambdaClient

_ENDED = {"Failed": ShiftCondition.FAILED, "Stopped": ShiftCondition.FAILED, "Succeeded": ShiftCondition.SHIFTED}
_CLOCKS_DIFFER = timedelta(minutes=1)
_ROLL_BACK: "AutoRollbackConfigurationTypeDef" = {
    "enabled": True,
    "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
}


class CodeDeployTrafficRouter:
    """Shifts aliases with CodeDeploy; reads and mends them with Lambda; reads alarms from CloudWatch."""

    def __init__(
        self,
        codedeploy: "CodeDeployClient",
        functions: "LambdaClient",
        alarms: "CloudWatchClient",
        *,
        application: str,
        service_role: str,
        since: datetime,
    ) -> None:
        """`since` is when the promotion began: no deployment of its own is older."""
        self._codedeploy = codedeploy
        self._functions = functions
        self._alarms = alarms
        self._application = application
        self._service_role = service_role
        self._since = since - _CLOCKS_DIFFER

    @aws_errors("reading an alias")
    def alias(self, function: str, alias: str) -> AliasState | None:
        try:
            found = self._functions.get_alias(FunctionName=function, Name=alias)
        except self._functions.exceptions.ResourceNotFoundException:
            return None
        weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return AliasState(found.get("FunctionVersion", ""), {name: share for name, share in weights.items() if share})

    @aws_errors("starting a traffic shift")
    def begin(self, shift: Shift, token: str) -> str:
        begun = self.find(shift.group, token)
        if begun:
            return begun
        self._prepare_configuration(shift.strategy)
        self._prepare_group(shift)
        try:
            answer = self._codedeploy.create_deployment(
                applicationName=self._application,
                deploymentGroupName=shift.group,
                deploymentConfigName=shift.strategy.deployment_configuration,
                description=token,
                revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": app_spec(shift)}},
                autoRollbackConfiguration=_ROLL_BACK,
            )
        except self._codedeploy.exceptions.DeploymentLimitExceededException as error:
            # Another deployment of the group is active: our own, not listed yet before, or one that will end.
            begun = self.find(shift.group, token)
            if not begun:
                raise AwsUnavailable(f"the deployment group {shift.group} is busy: {error}") from error
            return begun
        return answer["deploymentId"]

    @aws_errors("looking for a traffic shift")
    def find(self, group: str, token: str) -> str:
        # CodeDeploy promises no order, so all since the promotion began are looked at: its own and their rollbacks.
        pages = self._codedeploy.get_paginator("list_deployments").paginate(
            applicationName=self._application, deploymentGroupName=group, createTimeRange={"start": self._since}
        )
        try:
            found = [deployment for page in pages for deployment in page.get("deployments", [])]
        except self._codedeploy.exceptions.DeploymentGroupDoesNotExistException:
            return ""
        for deployment in found:
            info = self._codedeploy.get_deployment(deploymentId=deployment).get("deploymentInfo", {})
            if info.get("description") == token:
                return deployment
        return ""

    @aws_errors("reading a traffic shift")
    def state(self, deployment: str) -> ShiftState:
        found = self._codedeploy.get_deployment(deploymentId=deployment).get("deploymentInfo", {})
        condition = _ENDED.get(found.get("status", ""), ShiftCondition.SHIFTING)
        error = found.get("errorInformation", {})
        rollback = found.get("rollbackInfo", {}).get("rollbackDeploymentId", "")
        if condition is ShiftCondition.FAILED and rollback and self._is_running(rollback):
            # The shift has failed, but its traffic is still on the way back.
            condition = ShiftCondition.SHIFTING
        return ShiftState(deployment, condition, error.get("message", ""), error.get("code", ""), rollback)

    @aws_errors("stopping a traffic shift")
    def stop(self, deployment: str) -> None:
        try:
            self._codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
        except self._codedeploy.exceptions.DeploymentAlreadyCompletedException:
            return

    @aws_errors("pointing an alias at its version")
    def restore(self, function: str, alias: str, version: str) -> None:
        self._functions.update_alias(
            FunctionName=function, Name=alias, FunctionVersion=version, RoutingConfig={"AdditionalVersionWeights": {}}
        )

    @aws_errors("reading alarms")
    def firing_alarms(self, names: Sequence[str]) -> tuple[str, ...]:
        if not names:
            return ()
        pages = self._alarms.get_paginator("describe_alarms").paginate(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        states: dict[str, str] = {}
        for page in pages:
            for alarm in (*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])):
                states[alarm.get("AlarmName", "")] = alarm.get("StateValue", "")
        return tuple(name for name in names if states.get(name, "ALARM") == "ALARM")

    def _is_running(self, deployment: str) -> bool:
        found = self._codedeploy.get_deployment(deploymentId=deployment).get("deploymentInfo", {})
        return found.get("status") not in _ENDED

    def _prepare_configuration(self, strategy: Strategy) -> None:
        if strategy.is_predefined:
            return
        try:
            self._codedeploy.create_deployment_config(
                deploymentConfigName=strategy.deployment_configuration,
                computePlatform="Lambda",
                trafficRoutingConfig=_routing(strategy),
            )
        except self._codedeploy.exceptions.DeploymentConfigAlreadyExistsException:
            return

    def _prepare_group(self, shift: Shift) -> None:
        alarms: AlarmConfigurationTypeDef = {
            "enabled": bool(shift.alarms),
            "alarms": [{"name": name} for name in shift.alarms],
        }
        configuration = shift.strategy.deployment_configuration
        try:
            self._codedeploy.create_deployment_group(
                applicationName=self._application,
                deploymentGroupName=shift.group,
                deploymentConfigName=configuration,
                serviceRoleArn=self._service_role,
                alarmConfiguration=alarms,
                autoRollbackConfiguration=_ROLL_BACK,
                deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            )
        except ClientError as error:
            if error_code(error) != "DeploymentGroupAlreadyExistsException":
                raise
            self._codedeploy.update_deployment_group(
                applicationName=self._application,
                currentDeploymentGroupName=shift.group,
                deploymentConfigName=configuration,
                serviceRoleArn=self._service_role,
                alarmConfiguration=alarms,
                autoRollbackConfiguration=_ROLL_BACK,
            )


def app_spec(shift: Shift) -> str:
    """The AppSpec of a shift, as JSON.

    https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html#reference-appspec-file-structure-resources-lambda
    """
    properties = {
        "Name": shift.function,
        "Alias": shift.alias,
        "CurrentVersion": shift.current_version,
        "TargetVersion": shift.target_version,
    }
    resource = {"function": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    return json.dumps({"version": 0.0, "Resources": [resource]})


def _routing(strategy: Strategy) -> "TrafficRoutingConfigTypeDef":
    if strategy.shape is Shape.CANARY:
        return {
            "type": "TimeBasedCanary",
            "timeBasedCanary": {"canaryPercentage": strategy.percent, "canaryInterval": strategy.minutes},
        }
    return {
        "type": "TimeBasedLinear",
        "timeBasedLinear": {"linearPercentage": strategy.percent, "linearInterval": strategy.minutes},
    }
