"""Plans: what was reviewed, who was asked, and what they said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from towpath.promotion.records.promotion import Promotion


class PlanState(StrEnum):
    """What became of a plan."""

    REVIEWED = "reviewed"
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    VOIDED = "voided"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Decision:
    """A named person's answer to one plan."""

    by: str
    time: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One plan, by its digest: which promotion it is of, where the document is, who was asked and what they said.

    `expansions` are the fingerprints of what a person has to approve in it; `reasons` say it in sentences.
    """

    digest: str
    promotion: Promotion
    document: str
    state: PlanState = PlanState.REVIEWED
    expansions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    token: str = ""
    asked: datetime | None = None
    expires: datetime | None = None
    decision: Decision | None = None
    revision: int = 0
