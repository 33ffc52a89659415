"""Resource types that the emulator's CloudFormation does not know.

AWS has `StepFunctions::StateMachineVersion` and `StateMachineAlias`, `CodeDeploy::*`, `Events::Archive` and
`EventBusPolicy`, `EventSchemas::*`, `CloudWatch::CompositeAlarm`, `ApiGatewayV2::Deployment`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html); stock
ministack refuses templates that use them. Publishing the same revision of a state machine twice is one version on AWS
and two in stock ministack. A REST API stays the same API when its body changes; stock ministack makes another one.

Seams: the update handler of `AWS::ApiGateway::RestApi`, those of `local_cloud.cloudformation.resource_type`, and
`stepfunctions._publish_state_machine_version`.
"""

from __future__ import annotations

from local_cloud.cloudformation import (
    api_gateway_types,
    cloudwatch_types,
    codedeploy_types,
    event_schemas_types,
    events_types,
    step_functions_types,
)
from local_cloud.cloudformation.resource_type import register
from local_cloud.service_role import ministack

_MODULES = (
    step_functions_types,
    codedeploy_types,
    events_types,
    event_schemas_types,
    cloudwatch_types,
    api_gateway_types,
)


def install() -> None:
    step_functions_types.make_publishing_idempotent()
    rest_api = ministack("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::ApiGateway::RestApi"]
    rest_api["update"] = api_gateway_types.overwriting(rest_api["update"])
    for module in _MODULES:
        for kind in module.TYPES:
            register(kind)
