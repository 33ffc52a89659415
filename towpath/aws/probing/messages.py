"""Round trips: a message goes in at one end, and the one that belongs to it must come out of a queue at the other.

A received message belongs to the probe when it carries the probe's id. It is deleted; any other is given back when the
probe is over: given back at once it would be received again and again, until the queue takes it for undeliverable.
"""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from towpath.aws.probing.clients import ProbeClients
from towpath.aws.probing.invoke import parsed
from towpath.traffic.ports import Observation, ProbeAnswer

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_LONG_POLL_SECONDS = 5
_GRACE_SECONDS = 5.0


def send_to_queue(clients: ProbeClients, target: Mapping[str, Any], timeout: float) -> Observation:
    """Send a message to a queue; wait for its answer in `receive_from` where one is named."""
    # A long poll may take its whole wait before the service answers at all.
    client: SQSClient = clients.get("sqs", timeout + _GRACE_SECONDS)
    client.send_message(QueueUrl=target["send_to"], MessageBody=_text(target.get("message", {})))
    if "receive_from" not in target:
        return Observation(ProbeAnswer.ANSWERED, "received")
    return _answer(client, target, timeout)


def send_to_bus(clients: ProbeClients, target: Mapping[str, Any], timeout: float) -> Observation:
    """Put an event on a bus and wait for what it leads to in `receive_from`."""
    events: EventBridgeClient = clients.get("events", timeout)
    answer = events.put_events(
        Entries=[
            {
                "EventBusName": target.get("bus", "default"),
                "Source": target["source"],
                "DetailType": target["detail_type"],
                "Detail": json.dumps({"probe": target["probe"], **target.get("detail", {})}),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        failed = answer["Entries"][0]
        return Observation(ProbeAnswer.UNREACHABLE, error=f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")
    return _answer(clients.get("sqs", timeout + _GRACE_SECONDS), target, timeout)


def _text(message: Any) -> str:
    return message if isinstance(message, str) else json.dumps(message)


def _answer(client: "SQSClient", target: Mapping[str, Any], timeout: float) -> Observation:
    queue, identity = str(target["receive_from"]), str(target["probe"])
    others: list[MessageTypeDef] = []
    try:
        message = _own(client, queue, identity, time.monotonic() + timeout, others)
    finally:
        for other in others:
            receipt = other.get("ReceiptHandle", "")
            client.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0)
    if message is None:
        return Observation(ProbeAnswer.TIMED_OUT, error=f"no answer came out of {queue} within {timeout:g} s")
    client.delete_message(QueueUrl=queue, ReceiptHandle=message.get("ReceiptHandle", ""))
    return Observation(ProbeAnswer.ANSWERED, "received", parsed(message.get("Body", "").encode()))


def _own(
    client: "SQSClient", queue: str, identity: str, until: float, others: "list[MessageTypeDef]"
) -> "MessageTypeDef | None":
    """The probe's own message, None when it does not come in time; whatever else is received goes into `others`."""
    while (left := until - time.monotonic()) > 0:
        wait = max(0, min(_LONG_POLL_SECONDS, int(left)))
        found = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait).get("Messages", [])
        own = next((message for message in found if identity in message.get("Body", "")), None)
        others += [message for message in found if message is not own]
        if own is not None:
            return own
    return None
