"""How often a delivery is tried, and where the event goes when it is given up.

Decides the delays between attempts (exponential, with jitter), when the target's retry policy is exhausted, and what
the message in the dead-letter queue says. Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import Context
from dataclasses import dataclass

from local_cloud.event_delivery.failure import Undelivered
from local_cloud.event_delivery.targets import Delivery, deliver, require_queue
from local_cloud.service_role import ministack

DEFAULT_ATTEMPTS = 185
DEFAULT_AGE = 24 * 60 * 60
LONGEST_DELAY = 600.0
logger = logging.getLogger("events")


@dataclass(frozen=True, slots=True)
class Attempts:
    """One delivery with its original event, tried in `context` (the account and region of the rule)."""

    delivery: Delivery
    event: str
    began: float
    executor: Executor
    context: Context

    def first(self) -> None:
        """Now, in this thread, where that takes no time; a call of an API takes a thread of its own."""
        if self.delivery.service == "states":
            self.executor.submit(self.context.run, self._attempt, 0)
        else:
            self.context.run(self._attempt, 0)

    def _attempt(self, retries: int) -> None:
        try:
            deliver(self.delivery)
        except Undelivered as failure:
            logger.warning("%s -> %s: %s", self.delivery.rule_arn, self.delivery.arn, failure.message)
            self._again_or_give_up(retries, failure)
        except Exception:
            logger.exception("%s -> %s", self.delivery.rule_arn, self.delivery.arn)

    def _again_or_give_up(self, retries: int, failure: Undelivered) -> None:
        delay = random.uniform(0.5, 1) * min(2.0**retries, LONGEST_DELAY)  # noqa: S311 -- jitter
        exhausted = self._exhausted(retries, delay)
        if failure.is_final or exhausted:
            self._bury(retries, failure, None if failure.is_final else exhausted)
            return
        work: Callable[[], object] = lambda: self.executor.submit(self.context.run, self._attempt, retries + 1)  # noqa: E731
        timer = threading.Timer(delay, work)
        timer.daemon = True
        timer.start()

    def _exhausted(self, retries: int, delay: float) -> str | None:
        policy: Mapping[str, int] = self.delivery.target.get("RetryPolicy") or {}
        if retries >= policy.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS):
            return "MaximumRetryAttempts"
        age = time.monotonic() - self.began + delay
        return "MaximumEventAgeInSeconds" if age > policy.get("MaximumEventAgeInSeconds", DEFAULT_AGE) else None

    def _bury(self, retries: int, failure: Undelivered, exhausted: str | None) -> None:
        letters: Mapping[str, str] = self.delivery.target.get("DeadLetterConfig") or {}
        queue = letters.get("Arn")
        if not queue:
            return
        said = {
            "RULE_ARN": self.delivery.rule_arn,
            "TARGET_ARN": self.delivery.arn,
            "ERROR_CODE": failure.code,
            "ERROR_MESSAGE": failure.message,
            "RETRY_ATTEMPTS": str(retries),
            **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
        }
        try:
            require_queue(queue, self.delivery.rule_arn)
        except Undelivered as refusal:
            logger.warning("The dead-letter queue of %s cannot be used: %s", self.delivery.rule_arn, refusal.message)
            return
        send(queue, self.event, said)


def send(queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
    """Put a message with string attributes into a queue, as the service."""
    queues = ministack("services.sqs")
    queue = queues._queue_by_arn(queue_arn)
    shaped = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    request = {"MessageBody": body, "MessageAttributes": shaped}
    queues._act_send_message(request, queue["url"])
