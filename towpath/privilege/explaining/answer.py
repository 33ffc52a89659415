"""What an explanation says of one side: allowed, denied or not known, which statements decide, and what came near.

The JSON form is described by `schema/explanation.schema.json`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from towpath.privilege.comparison import Location
from towpath.privilege.explaining.judgement import Judged
from towpath.template.conditions import Truth


class Outcome(StrEnum):
    """Whether a side allows the request."""

    ALLOWED = "ALLOWED"
    DENIED = "DENIED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def of(cls, truth: Truth) -> "Outcome":
        """The outcome of "it is allowed"."""
        return {Truth.TRUE: cls.ALLOWED, Truth.FALSE: cls.DENIED}.get(truth, cls.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Line:
    """One statement's part in the answer."""

    layer: str
    judged: Judged

    @property
    def location(self) -> Location:
        statement = self.judged.statement
        return Location(statement.place, statement.sid, statement.index)

    def to_json(self) -> dict[str, Any]:
        statement = self.judged.statement
        return {
            "policy": self.layer,
            "effect": "Allow" if statement.allows else "Deny",
            "statement": self.location.to_json(),
            "matches": self.judged.truth.value,
            "because": list(self.judged.because),
        }

    def __str__(self) -> str:
        statement = self.judged.statement
        effect = "Allow" if statement.allows else "Deny"
        return f"{effect} {statement.title} of {self.layer} ({statement.place})"


@dataclass(frozen=True, slots=True)
class Answer:
    """One side's answer. `deciding` are the statements that it rests on, `near` those that speak of the action and do
    not match, `unknown` what it hangs on."""

    outcome: Outcome
    sentence: str
    deciding: tuple[Line, ...] = ()
    near: tuple[Line, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome.value,
            "allowed": self.outcome is Outcome.ALLOWED,
            "explanation": self.sentence,
            "deciding": [line.to_json() for line in self.deciding],
            "near": [line.to_json() for line in self.near],
            "unknown": list(self.unknown),
            "notes": list(self.notes),
        }


def nearest(lines: Iterable[Line], most: int = 5) -> tuple[Line, ...]:
    """The statements that speak of the action and do not match: those that miss least first."""
    missed = [line for line in lines if line.judged.truth is Truth.FALSE and line.judged.speaks_of_action]
    return tuple(sorted(missed, key=lambda line: line.judged.misses)[:most])
