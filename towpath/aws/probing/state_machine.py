"""Runs a state machine once: an Express one synchronously, a Standard one by waiting for its end.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html
"""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from towpath.aws.probing.clients import ProbeClients
from towpath.aws.probing.invoke import parsed
from towpath.traffic.ports import Observation, ProbeAnswer

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_LOOK_EVERY_SECONDS = 0.5


def send(clients: ProbeClients, target: Mapping[str, Any], timeout: float) -> Observation:
    """The execution's status and output."""
    client: SFNClient = clients.get("stepfunctions", timeout)
    machine, document = str(target["state_machine"]), json.dumps(target.get("input", {}))
    if client.describe_state_machine(stateMachineArn=machine)["type"] == "EXPRESS":
        answer = client.start_sync_execution(stateMachineArn=machine, input=document)
        return Observation(
            ProbeAnswer.ANSWERED,
            answer["status"],
            parsed(answer.get("output", "null").encode()),
            answer.get("cause", ""),
        )
    execution = client.start_execution(stateMachineArn=machine, name=str(target["probe"]), input=document)
    return _ending(client, execution["executionArn"], time.monotonic() + timeout)


def _ending(client: "SFNClient", execution: str, until: float) -> Observation:
    while True:
        found = client.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            output = parsed(found.get("output", "null").encode())
            return Observation(ProbeAnswer.ANSWERED, found["status"], output, found.get("cause", ""))
        if time.monotonic() >= until:
            return Observation(ProbeAnswer.TIMED_OUT, "RUNNING", error="the execution was still running")
        time.sleep(_LOOK_EVERY_SECONDS)
