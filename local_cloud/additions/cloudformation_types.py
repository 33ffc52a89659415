"""Resource types that the emulator's CloudFormation does not know.

AWS has `StepFunctions::StateMachineVersion` and `StateMachineAlias`, `CodeDeploy::*`, `Events::Archive` and
`EventBusPolicy`, `EventSchemas::*`, `CloudWatch::CompositeAlarm`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html); stock
ministack refuses templates that use them. Publishing the same revision of a state machine twice is one version on AWS
and two in stock ministack.

Seams: those of `local_cloud.cloudformation.resource_type`, and `stepfunctions._publish_state_machine_version`.
"""

from __future__ import annotations

from local_cloud.cloudformation import (
    cloudwatch_types,
    codedeploy_types,
    event_schemas_types,
    events_types,
    step_functions_types,
)
from local_cloud.cloudformation.resource_type import register


def install() -> None:
    step_functions_types.make_publishing_idempotent()
    for module in (step_functions_types, codedeploy_types, events_types, event_schemas_types, cloudwatch_types):
        for kind in module.TYPES:
            register(kind)
