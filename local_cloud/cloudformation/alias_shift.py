"""`UpdatePolicy.CodeDeployLambdaAliasUpdate`: an alias that moves to a new version through CodeDeploy.

The stack's update waits for the deployment; one that does not succeed fails the alias, and with it the update, and
leaves the alias where it was. A rollback of the stack moves the alias back directly.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
(CodeDeployLambdaAliasUpdate).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from local_cloud.cloudformation import deploying
from local_cloud.cloudformation.resource_type import Created, Properties
from local_cloud.codedeploy import deployments, state
from local_cloud.codedeploy.appspec import AppSpec
from local_cloud.codedeploy.errors import CodeDeployError
from local_cloud.codedeploy.state import Record
from local_cloud.service_role import ministack

AliasUpdate: TypeAlias = Callable[[str, Properties, Properties, str, str], Created]
_HOOKS = {"BeforeAllowTrafficHook": "BeforeAllowTraffic", "AfterAllowTrafficHook": "AfterAllowTraffic"}


def through_codedeploy(stock: AliasUpdate) -> AliasUpdate:
    def update(physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        policy: Mapping[str, Any] = deploying.attribute(logical_id, "UpdatePolicy") or {}
        same_alias = all(old.get(name) == new.get(name) for name in ("FunctionName", "Name"))
        moves = old.get("FunctionVersion") != new.get("FunctionVersion")
        if "CodeDeployLambdaAliasUpdate" in policy and same_alias and moves:
            _shift(policy["CodeDeployLambdaAliasUpdate"], old, new)
        return stock(physical_id, old, new, stack_name, logical_id)

    return update


def _shift(policy: Mapping[str, Any], old: Properties, new: Properties) -> None:
    provisioners = ministack("services.cloudformation.provisioners")
    _, function, _, _ = provisioners._lambda_function_for_cfn_ref(new["FunctionName"])
    hooks = {event: str(policy[name]) for name, event in _HOOKS.items() if policy.get(name)}
    spec = AppSpec(function, new["Name"], str(old["FunctionVersion"]), str(new["FunctionVersion"]), hooks)
    deployment_id = _deploy(policy, spec)
    ended = _ended(deployment_id)
    if ended["status"] == "Succeeded":
        return
    if "rollbackInfo" in ended:
        _ended(ended["rollbackInfo"]["rollbackDeploymentId"])
    else:
        whole: dict[str, Any] = {
            "FunctionVersion": spec.current_version,
            "RoutingConfig": {"AdditionalVersionWeights": {}},
        }
        ministack("services.lambda_svc")._update_alias(function, spec.alias, whole)
    reason = ended.get("errorInformation", {}).get("message", ended["status"])
    raise ValueError(f"The CodeDeploy deployment {deployment_id} did not succeed: {reason}")


def _deploy(policy: Mapping[str, Any], spec: AppSpec) -> str:
    request: Record = {
        "applicationName": policy["ApplicationName"],
        "deploymentGroupName": policy["DeploymentGroupName"],
        "revision": spec.revision(),
    }
    try:
        return deployments.create(request, creator="CloudFormation")["deploymentId"]
    except CodeDeployError as error:
        if error.code == "DeploymentLimitExceededException":
            raise ValueError("A conflicting deployment is in progress") from error
        raise ValueError(error.message) from error


def _ended(deployment_id: str) -> Record:
    """The deployment's `DeploymentInfo` once it is over; a reset of the emulator ends it too."""

    def over() -> bool:
        deployment = state.deployments.get(deployment_id)
        return deployment is None or "completeTime" in deployment["info"]

    with state.changed:
        state.changed.wait_for(over)
        deployment = state.deployments.get(deployment_id)
        return dict(deployment["info"]) if deployment else {"status": "Stopped"}
