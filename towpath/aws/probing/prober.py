"""Sends one probe of any kind and turns whatever comes back, answer or error, into an observation."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from towpath.aws.errors import error_code
from towpath.aws.probing import http, invoke, messages, state_machine, stored
from towpath.aws.probing.clients import ProbeClients
from towpath.traffic.ports import Observation, ProbeAnswer

if TYPE_CHECKING:
    from boto3.session import Session

Send = Callable[[ProbeClients, Mapping[str, Any], float], Observation]

_SENDERS: Mapping[str, Send] = {
    "lambda": invoke.send,
    "http": http.send,
    "state_machine": state_machine.send,
    "queue": messages.send_to_queue,
    "event": messages.send_to_bus,
    "table_item": stored.read_item,
    "object": stored.find_object,
}
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})


class AwsProber:
    """Sends probes with the credentials of one environment's probe role."""

    def __init__(self, session: "Session") -> None:
        self._clients = ProbeClients(session)

    def send(self, kind: str, target: Mapping[str, Any], *, timeout: float) -> Observation:
        """What came back from one try; `latency` is the time of the whole try where the kind has no better one."""
        began = time.monotonic()
        try:
            seen = _SENDERS[kind](self._clients, target, timeout)
        except (ReadTimeoutError, ConnectTimeoutError):
            seen = Observation(ProbeAnswer.TIMED_OUT, error=f"no answer within {timeout:g} s")
        except ClientError as error:
            answer = ProbeAnswer.NOT_ALLOWED if error_code(error) in _DENIED else ProbeAnswer.UNREACHABLE
            seen = Observation(answer, error=str(error))
        except (EndpointConnectionError, BotoCoreError) as error:
            seen = Observation(ProbeAnswer.UNREACHABLE, error=str(error))
        taken = (time.monotonic() - began) * 1000
        return Observation(seen.answer, seen.status, seen.body, seen.error, seen.latency or taken)
