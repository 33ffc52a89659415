"""Round trips: a message goes in at one end, and the one that belongs to it must come out of a queue at the other.

A received message belongs to the probe when it carries the probe's id. It is deleted; any other is given back at once.
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
    until = time.monotonic() + timeout
    while (left := until - time.monotonic()) > 0:
        wait = max(0, min(_LONG_POLL_SECONDS, int(left)))
        found = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        for message in found.get("Messages", []):
            if identity in message.get("Body", ""):
                _settle(client, queue, message, ours=True)
                return Observation(ProbeAnswer.ANSWERED, "received", parsed(message.get("Body", "").encode()))
            _settle(client, queue, message, ours=False)
    return Observation(ProbeAnswer.TIMED_OUT, error=f"no answer came out of {queue} within {timeout:g} s")


def _settle(client: "SQSClient", queue: str, message: "MessageTypeDef", *, ours: bool) -> None:
    receipt = message.get("ReceiptHandle", "")
    if ours:
        client.delete_message(QueueUrl=queue, ReceiptHandle=receipt)
    else:
        client.change_message_visibility(QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0)
