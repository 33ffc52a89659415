"""What a Task state calls: a Lambda function, an activity, or a service integration, and how it is waited for.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-service-integrations.html
"""

from __future__ import annotations

from dataclasses import dataclass

from local_cloud.asl.failure import RUNTIME, StateFailure

SYNC = ("sync", "sync:2")
CALLBACK = "waitForTaskToken"


@dataclass(frozen=True, slots=True)
class Resource:
    """`service` is `lambda`, `aws-sdk:cloudformation`, …; `pattern` is empty, sync, sync:2 or waitForTaskToken."""

    arn: str
    service: str
    action: str = ""
    pattern: str = ""

    @property
    def is_function(self) -> bool:
        return self.service == "function"

    @property
    def is_activity(self) -> bool:
        return self.service == "activity"

    @property
    def waits_for_token(self) -> bool:
        return self.is_activity or self.pattern == CALLBACK

    @property
    def shown(self) -> str:
        """The action with its pattern, as the history names it."""
        return f"{self.action}.{self.pattern}" if self.pattern else self.action


def parse(arn: str) -> Resource:
    """Raises `StateFailure` States.Runtime for what is no resource of a Task state."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn":
        if parts[2] == "lambda" and parts[5].startswith("function:"):
            return Resource(arn, "function")
        if parts[2] == "states" and parts[5].startswith("activity:"):
            return Resource(arn, "activity")
        if parts[2] == "states" and parts[3] == parts[4] == "":
            service, _, action = parts[5].partition(":")
            if service == "aws-sdk":
                name, _, action = action.partition(":")
                service = f"aws-sdk:{name}"
            action, _, pattern = action.partition(".")
            if action and pattern in ("", *SYNC, CALLBACK):
                return Resource(arn, service, action, pattern)
    raise StateFailure(RUNTIME, f"The resource '{arn}' is not one that a Task state can use")
