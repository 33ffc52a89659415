"""Rules deliver to their targets as AWS does: with the target's role, again after a failure, at last to a dead letter.

On AWS a state machine (also a version or an alias) is started with the target's RoleArn; queues, topics and functions
must allow `events.amazonaws.com` in their policies; a failure that may pass is retried under the target's RetryPolicy;
an event that is given up goes to the target's DeadLetterConfig with attributes that say why.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html and …/eb-use-identity-based.html

Stock ministack starts state machines with root's rights, delivers to any queue, topic or function, tries once, logs a
failure and forgets the event.

Seam: `services.eventbridge._invoke_target` for those four kinds of target, and `_put_targets` (roles are required).
Event buses and API destinations are left to stock. Not here: the AWS/Events metrics.
"""

from __future__ import annotations

import contextvars
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_cloud.asl import jsonpath
from local_cloud.event_delivery.attempts import Attempts
from local_cloud.event_delivery.targets import Delivery
from local_cloud.service_role import ministack

KINDS = ("states", "lambda", "sqs", "sns")
_executors: list[ThreadPoolExecutor] = []


def install() -> None:
    service = ministack("services.eventbridge")
    _executors.append(ThreadPoolExecutor(256, thread_name_prefix="event-delivery"))
    stock, executor = service._invoke_target, _executors[-1]

    def invoke(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, Any], view: Any = None) -> None:
        kind = str(target.get("Arn", "")).split(":")[2:3]
        if kind and kind[0] in KINDS:
            seen = view or service._pattern_event_view(event)
            document = seen.event_with_detail()
            delivery = Delivery(target, rule["Arn"], _payload(service, target, document, rule, seen))
            Attempts(delivery, json.dumps(document), time.monotonic(), executor, contextvars.copy_context()).first()
        else:
            stock(target, event, rule, view)

    service._invoke_target = invoke
    _require_roles(service)


def close() -> None:
    for executor in _executors:
        executor.shutdown(wait=False, cancel_futures=True)
    _executors.clear()


def _payload(
    service: Any, target: Mapping[str, Any], document: Mapping[str, Any], rule: Mapping[str, Any], view: Any
) -> str:
    if target.get("InputTransformer"):
        return str(service._apply_input_transformer(target["InputTransformer"], rule, view))
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        try:
            return json.dumps(jsonpath.find(target["InputPath"], jsonpath.Sources(document, {}, {})))
        except jsonpath.MissingPath:
            return "null"
    return json.dumps(document)


def _require_roles(service: Any) -> None:
    stock = service._put_targets

    def put_targets(data: Mapping[str, Any]) -> Any:
        for target in data.get("Targets", []):
            if ":states:" in target.get("Arn", "") and not target.get("RoleArn"):
                message = f"RoleArn is required for target {target['Arn']}."
                return ministack("core.responses").error_response_json("ValidationException", message, 400)
        return stock(data)

    service._put_targets = put_targets
