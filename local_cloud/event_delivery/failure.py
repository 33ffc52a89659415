"""Why a target did not take an event, and whether trying again may help.

The codes are those of the dead-letter queue's ERROR_CODE attribute.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

NO_PERMISSIONS = "NO_PERMISSIONS"
NO_RESOURCE = "NO_RESOURCE"
INVALID_PARAMETER = "INVALID_PARAMETER"
THROTTLING = "THROTTLING"
ERROR_FROM_TARGET = "ERROR_FROM_TARGET"
CONNECTION_FAILURE = "CONNECTION_FAILURE"


class Undelivered(Exception):  # noqa: N818 -- an outcome that is recorded, not a fault of this program
    """A missing permission or resource stays missing however often one tries; the rest may pass."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message

    @property
    def is_final(self) -> bool:
        return self.code in (NO_PERMISSIONS, NO_RESOURCE, INVALID_PARAMETER)
