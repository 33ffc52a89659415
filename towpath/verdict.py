"""What a check concluded: passed, refused or inconclusive, with reasons; and how verdicts combine.

A business refusal is a value of this room, never an exception. Inconclusive never opens a gate by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Outcome(StrEnum):
    """The three answers that a check can give."""

    PASSED = "passed"
    REFUSED = "refused"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding behind a verdict: what was found, where, and what to do about it.

    `code` is a stable kebab-case name that programs may match on; `message` and `remedy` are sentences for people.
    """

    code: str
    message: str
    where: str = ""
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        """The reason as a JSON object; a place or a remedy that is empty is left out."""
        optional = {"where": self.where, "remedy": self.remedy}
        return {"code": self.code, "message": self.message, **{name: text for name, text in optional.items() if text}}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The reason that `to_json` wrote."""
        return cls(
            code=str(document["code"]),
            message=str(document["message"]),
            where=str(document.get("where", "")),
            remedy=str(document.get("remedy", "")),
        )

    def brief(self, longest: int) -> Self:
        """The same reason, each text cut after `longest` characters."""
        message, where, remedy = (
            text if len(text) <= longest else f"{text[: longest - 1]}…"
            for text in (self.message, self.where, self.remedy)
        )
        return type(self)(self.code, message, where, remedy)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{remedy}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome and the reasons for it. Only a passed verdict may be without reasons.

    Raises ValueError when a refused or inconclusive verdict has no reason.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if self.outcome is not Outcome.PASSED and not self.reasons:
            raise ValueError(f"a verdict that is {self.outcome} needs a reason")

    @classmethod
    def passed(cls, *reasons: Reason) -> Self:
        return cls(Outcome.PASSED, reasons)

    @classmethod
    def refused(cls, *reasons: Reason) -> Self:
        return cls(Outcome.REFUSED, reasons)

    @classmethod
    def inconclusive(cls, *reasons: Reason) -> Self:
        return cls(Outcome.INCONCLUSIVE, reasons)

    @property
    def is_passed(self) -> bool:
        return self.outcome is Outcome.PASSED

    @property
    def is_refused(self) -> bool:
        return self.outcome is Outcome.REFUSED

    def brief(self, most: int = 10, longest: int = 1000) -> Self:
        """The same verdict with at most so many reasons, each text cut after `longest` characters (at least 1)."""
        return type(self)(self.outcome, tuple(reason.brief(longest) for reason in self.reasons[:most]))

    def to_json(self) -> dict[str, Any]:
        """`{"outcome": ..., "reasons": [...]}`."""
        return {"outcome": self.outcome.value, "reasons": [reason.to_json() for reason in self.reasons]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The verdict that `to_json` wrote."""
        return cls(Outcome(document["outcome"]), tuple(Reason.from_json(reason) for reason in document["reasons"]))


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several checks together: refused before inconclusive before passed, all reasons kept in order."""
    found = list(verdicts)
    reasons = tuple(reason for verdict in found for reason in verdict.reasons)
    outcomes = {verdict.outcome for verdict in found}
    for outcome in (Outcome.REFUSED, Outcome.INCONCLUSIVE):
        if outcome in outcomes:
            return Verdict(outcome, reasons)
    return Verdict(Outcome.PASSED, reasons)
