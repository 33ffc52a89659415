"""Promotions: one release moving into one environment, what it is doing there, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import uuid5

from towpath.promotion.records.moments import NAMESPACE
from towpath.promotion.records.release import Release

NAME_LIMIT = 80  # characters of an execution name: Step Functions, StartExecution


@dataclass(frozen=True, slots=True)
class Promotion:
    """One release moving into one environment. `id` is also the name of the execution that moves it."""

    id: str
    service: str
    version: str
    digest: str
    environment: str
    chain: str
    execution: str = ""
    started: str = ""

    @classmethod
    def of(cls, release: Release, environment: str, cause: str) -> Self:
        """The promotion of a release that `cause` (an execution ARN) asks for; asked again, it is the same one."""
        mark = uuid5(NAMESPACE, f"{cause}/{environment}").hex[:8]
        room = NAME_LIMIT - len(f"--{environment}-{mark}") - len(release.service)
        name = f"{release.service}-{release.version[:room]}-{environment}-{mark}"
        return cls(name, release.service, release.version, release.digest, environment, release.chain)

    def to_json(self) -> dict[str, str]:
        return {
            "id": self.id,
            "service": self.service,
            "version": self.version,
            "digest": self.digest,
            "environment": self.environment,
            "chain": self.chain,
            **({"execution": self.execution} if self.execution else {}),
            **({"started": self.started} if self.started else {}),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            id=str(document["id"]),
            service=str(document["service"]),
            version=str(document["version"]),
            digest=str(document["digest"]),
            environment=str(document["environment"]),
            chain=str(document["chain"]),
            execution=str(document.get("execution", "")),
            started=str(document.get("started", "")),
        )


class PromotionState(StrEnum):
    """What a promotion is doing, in the order in which a straight one does it."""

    WAITING = "waiting for the environment"
    REVIEWING = "reviewing"
    AWAITING_APPROVAL = "waiting for approval"
    DEPLOYING = "deploying"
    PROBING = "probing"
    SHIFTING = "shifting traffic"
    BAKING = "baking"
    ROLLING_BACK = "rolling back"
    CLOSED = "closed"


class PromotionOutcome(StrEnum):
    """How a promotion ended."""

    LIVE = "live"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    BLOCKED = "blocked"
    REJECTED = "rejected"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of a promotion's timeline."""

    time: datetime
    state: PromotionState
    says: str


@dataclass(frozen=True, slots=True)
class PromotionRecord:
    """A promotion in the ledger: what it does now, how it ended, everything it said on the way."""

    promotion: Promotion
    state: PromotionState
    says: str
    updated: datetime
    outcome: PromotionOutcome | None = None
    plan: str = ""
    timeline: tuple[Remark, ...] = ()
