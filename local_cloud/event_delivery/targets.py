"""How each kind of target is given an event, and in whose name.

Decides that a state machine is started with the target's role, that queues, topics and functions must allow EventBridge
in their own policies (for this rule, if the policy says which), and what a refusal is called.
Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html, eb-use-identity-based.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.event_delivery.failure import (
    CONNECTION_FAILURE,
    ERROR_FROM_TARGET,
    INVALID_PARAMETER,
    NO_PERMISSIONS,
    NO_RESOURCE,
    THROTTLING,
    Undelivered,
)
from local_cloud.service_role import RoleNotAssumable, clients_of, is_enforced, ministack

PRINCIPAL = "events.amazonaws.com"
_GONE = ("StateMachineDoesNotExist", "ResourceNotFoundException")
_DENIED = ("AccessDenied", "AccessDeniedException")
_THROTTLED = ("ThrottlingException", "TooManyRequestsException")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one target of one rule; `payload` is what the target gets."""

    target: Mapping[str, Any]
    rule_arn: str
    payload: str

    @property
    def arn(self) -> str:
        return str(self.target["Arn"])

    @property
    def service(self) -> str:
        return self.arn.split(":")[2]

    @property
    def account(self) -> str:
        return self.rule_arn.split(":")[4]


def deliver(delivery: Delivery) -> None:
    """Raises `Undelivered`."""
    {"states": _to_state_machine, "lambda": _to_function, "sqs": _to_queue, "sns": _to_topic}[delivery.service](
        delivery
    )


def _to_state_machine(delivery: Delivery) -> None:
    """Through the API, in the role's name; blocks for as long as the call takes."""
    role = delivery.target.get("RoleArn") or f"arn:aws:iam::{delivery.account}:role/none"
    try:
        client = clients_of(str(role), PRINCIPAL, delivery.rule_arn).get("stepfunctions", delivery.arn.split(":")[3])
        client.start_execution(stateMachineArn=delivery.arn, input=delivery.payload)
    except RoleNotAssumable as refusal:
        raise Undelivered(NO_PERMISSIONS, str(refusal)) from refusal
    except ClientError as error:
        known = error.response.get("Error", {})
        raise Undelivered(_code(str(known.get("Code"))), str(known.get("Message"))) from error
    except BotoCoreError as error:
        raise Undelivered(CONNECTION_FAILURE, str(error)) from error


def _code(api_code: str) -> str:
    if api_code in _DENIED:
        return NO_PERMISSIONS
    if api_code in _GONE:
        return NO_RESOURCE
    if api_code in _THROTTLED:
        return THROTTLING
    return INVALID_PARAMETER if api_code.startswith(("Invalid", "Validation")) else ERROR_FROM_TARGET


def _to_function(delivery: Delivery) -> None:
    """Into the function's own asynchronous queue, which has retries and destinations of its own."""
    functions = ministack("services.lambda_svc")
    record, config, _ = functions._get_func_record_for_ref(delivery.arn)
    if not record or not config:
        raise Undelivered(NO_RESOURCE, f"The function {delivery.arn} does not exist")
    if is_enforced() and not _allows(functions.function_policy_for_arn(delivery.arn), delivery):
        raise Undelivered(
            NO_PERMISSIONS, f"The policy of {delivery.arn} does not allow {delivery.rule_arn} to invoke it"
        )
    functions.invoke_async_with_retry(functions._execution_record_for_config(record, config), _document(delivery))


def _document(delivery: Delivery) -> Any:
    try:
        return json.loads(delivery.payload)
    except ValueError as error:
        raise Undelivered(INVALID_PARAMETER, "The input for the function is not JSON") from error


def _allows(found: tuple[Any, str] | None, delivery: Delivery) -> bool:
    evaluator = ministack("core.iam_evaluator")
    context = evaluator.EvalContext(
        principal_arn=PRINCIPAL,
        principal_type="Service",
        principal_account=delivery.account,
        action="lambda:InvokeFunction",
        resource_arn=delivery.arn,
        region=delivery.arn.split(":")[3],
        service_context={"aws:sourcearn": delivery.rule_arn, "aws:sourceaccount": delivery.account},
    )
    policy = found[0] if found else None
    return evaluator.evaluate_resource_policy(policy, context, service=PRINCIPAL).decision == "Allow"


def _to_queue(delivery: Delivery) -> None:
    queues, events = ministack("services.sqs"), ministack("services.eventbridge")
    require_queue(delivery.arn, delivery.rule_arn)
    parameters: Mapping[str, str] = delivery.target.get("SqsParameters") or {}
    if queues._queue_by_arn(delivery.arn).get("is_fifo") and not parameters.get("MessageGroupId"):
        raise Undelivered(INVALID_PARAMETER, "A FIFO queue needs SqsParameters with a MessageGroupId")
    events._dispatch_to_sqs(ministack("core.arn").parse_arn(delivery.arn), delivery.payload, parameters)


def require_queue(queue_arn: str, rule_arn: str) -> None:
    """Raises `Undelivered` when the queue is not there or its policy does not let the rule send to it."""
    queues = ministack("services.sqs")
    if queues._queue_by_arn(queue_arn) is None:
        raise Undelivered(NO_RESOURCE, f"The queue {queue_arn} does not exist")
    if not queues.queue_policy_allows(queue_arn, PRINCIPAL, rule_arn, rule_arn.split(":")[4]):
        raise Undelivered(NO_PERMISSIONS, f"The policy of {queue_arn} does not allow {rule_arn} to send to it")


def _to_topic(delivery: Delivery) -> None:
    topics = ministack("services.sns")
    if topics._topic_by_arn_any_scope(delivery.arn) is None:
        raise Undelivered(NO_RESOURCE, f"The topic {delivery.arn} does not exist")
    if not topics.topic_policy_allows(delivery.arn, PRINCIPAL, delivery.rule_arn, delivery.account):
        raise Undelivered(NO_PERMISSIONS, f"The policy of {delivery.arn} does not allow {delivery.rule_arn} to publish")
    ministack("services.eventbridge")._dispatch_to_sns(delivery.arn, delivery.payload)
