"""The alias that a deployment moves: where it must stand before, and what UpdateAlias says at each step.

While traffic shifts, the alias keeps its version and the new one is an additional weight; at the end the alias is the
new version's alone. Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_cloud.codedeploy.appspec import AppSpec
from local_cloud.codedeploy.errors import DeploymentEnded

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_INVALID = (
    "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing "
    "or has an invalid configuration. "
)


class Alias:
    def __init__(self, client: LambdaClient, spec: AppSpec) -> None:
        self._client = client
        self._spec = spec

    def check(self) -> None:
        """Raises `DeploymentEnded` unless all of the alias's traffic goes to what the AppSpec calls current."""
        found = self._client.get_alias(FunctionName=self._spec.function, Name=self._spec.alias)
        if found["FunctionVersion"] != self._spec.current_version:
            raise _refused("The Lambda function alias version does not match the current version in AppSpec file.")
        if found.get("RoutingConfig", {}).get("AdditionalVersionWeights"):
            raise _refused("The Lambda function alias already splits its traffic between two versions.")

    def shift(self, percentage: int) -> None:
        spec = self._spec
        version = spec.target_version if percentage >= 100 else spec.current_version
        weights = {} if percentage >= 100 else {spec.target_version: percentage / 100}
        self._client.update_alias(
            FunctionName=spec.function,
            Name=spec.alias,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )


def _refused(why: str) -> DeploymentEnded:
    return DeploymentEnded("Failed", "INVALID_LAMBDA_CONFIGURATION", _INVALID + why)
