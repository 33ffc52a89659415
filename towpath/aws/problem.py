"""What went wrong, in a sentence, from what a state machine knows of it.

A refusal brings its own sentence. An error of a function arrives as the JSON that Lambda makes of an exception, and a
failed nested execution as its description; the sentence inside is what a person wants to read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_MESSAGE = re.compile(r'"errorMessage"\s*:\s*("(?:[^"\\]|\\.)*")')
_LONGEST = 1000  # characters


def reason_of(problem: Mapping[str, Any]) -> str:
    """`says`, followed by the message of the error that caused it, if one did; what went wrong before comes first."""
    before = reason_of(problem["before"]) if problem.get("before") else ""
    says, message = str(problem.get("says") or ""), message_of(str(problem.get("cause") or ""))
    return " ".join(part for part in (before, says, message) if part)[:_LONGEST]


def message_of(cause: str) -> str:
    """The message in an error's cause. The cause may be cut off: then it is found without reading the rest."""
    found = _MESSAGE.search(cause)
    if found:
        return str(json.loads(found[1]))
    return "" if cause.lstrip().startswith("{") else cause
