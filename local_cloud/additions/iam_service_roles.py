"""Services act with the roles that they were given, and with nothing else.

What AWS does: a service assumes the role that it was passed (its trust policy must name the service) and calls other
services with it; what the role may not do fails.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html,
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html

What stock ministack does: it checks the calls of callers only; services write into each other's tables.

What is enforced, with IAM on:
- State machines (`local_cloud.step_functions`): every call of a Task state goes through the API with a session of the
  role that the execution started with, on the exact ARN that it names. A denial is `Lambda.AWSLambdaException`,
  `StepFunctions.AWSStepFunctionsException`, `CloudFormation.CloudFormationException`, … with AWS's text. A child is
  described and stopped with that role too. The role must trust `states.amazonaws.com` when the machine is made or
  updated (`AccessDeniedException`) and when it is used (`States.Permissions`).
- Rules (`local_cloud.event_delivery`): a state machine is started with the target's role; queues, topics and functions
  must allow `events.amazonaws.com` for the rule's ARN in their own policies, dead-letter queues as well.
- Stacks (`local_cloud.stack_role`): each resource that CloudFormation creates, updates or deletes needs the actions in
  `rules.py` on the resource's ARN (others: `handler_actions.json`, on any resource), `iam:PassRole` for the roles in
  its properties, `s3:GetObject` for its code, `lambda:GetLayerVersion` for layers, `lambda:InvokeFunction` for custom
  resources; in the name of the stack's RoleARN (which stays with the stack and must trust CloudFormation) or, without
  one, of the caller. A denial fails the resource: "Resource handler returned message: "User: … is not authorized to
  perform: …"", and rolls the stack back. Functions and state machines refuse a role that does not trust their service.
- CodeDeploy acts with the group's service role (`local_cloud.codedeploy`); callers need `iam:PassRole`, and functions
  have the rights of their roles (`additions.iam_callers`, `lambda_role_permissions`).

What is not enforced: the actions with which resource handlers only read (`Get`, `Describe`, `List`: stabilization,
drift, tags read back); the events permissions with which AWS watches `.sync` children; KMS grants and key use by
services; delivery of execution logs and traces; the roles of API Gateway, Pipes, Scheduler, S3 replication and services
other than those above; organization policies; the delay with which policies take effect.

Seam: those of the packages named above, `services.stepfunctions._create_state_machine` and `_update_state_machine`,
`services.lambda_svc._create_function` and `_update_config`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.service_role import is_enforced, ministack, trusts
from local_cloud.stack_role.operations import remember_roles
from local_cloud.stack_role.resources import check_resources

STATES = "states.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"


def install() -> None:
    check_resources()
    remember_roles()
    states, functions = ministack("services.stepfunctions"), ministack("services.lambda_svc")
    states._create_state_machine = _trusted_by_states(states._create_state_machine)
    states._update_state_machine = _trusted_by_states(states._update_state_machine)
    functions._create_function = _trusted_by_lambda(functions._create_function, 0)
    functions._update_config = _trusted_by_lambda(functions._update_config, 1)


def _trusted_by_states(stock: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    def handle(data: Mapping[str, Any]) -> Any:
        role = data.get("roleArn")
        if role and is_enforced() and not trusts(str(role), STATES, _machine(data)):
            message = (
                f"Neither the global service principal {STATES}, nor the regional one is authorized to assume the "
                "provided role."
            )
            return ministack("core.responses").error_response_json("AccessDeniedException", message, 400)
        return stock(data)

    return handle


def _machine(data: Mapping[str, Any]) -> str:
    """The ARN of the state machine that is made or changed."""
    place = ministack("core.responses")
    named = f"arn:aws:states:{place.get_region()}:{place.get_account_id()}:stateMachine:{data.get('name')}"
    return str(data.get("stateMachineArn") or named)


def _trusted_by_lambda(stock: Callable[..., Any], position: int) -> Callable[..., Any]:
    """`position` is that of the request among the arguments."""

    def handle(*arguments: Any, **named: Any) -> Any:
        role = arguments[position].get("Role")
        if role and is_enforced() and not trusts(str(role), LAMBDA):
            message = "The role defined for the function cannot be assumed by Lambda."
            return ministack("core.responses").error_response_json("InvalidParameterValueException", message, 400)
        return stock(*arguments, **named)

    return handle
