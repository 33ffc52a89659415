"""The catalogue of events: which there are, what each one carries, and when two of them are the same event.

The id is derived from the execution, the kind and a discriminator, so a step that runs twice sends one event twice
rather than two events, and a consumer can drop the second. Each kind has a JSON Schema in `docs/events/`; one that
CDEvents v0.5.1 knows carries that rendering in `detail.cdevent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import uuid5

from towpath.promotion.cdevents import rendering
from towpath.promotion.records import NAMESPACE, Promotion, Release, to_moment, to_text

SOURCE = "towpath"


class EventKind(StrEnum):
    """The detail-types, in the order in which a release may meet them."""

    RELEASE_VERIFIED = "Release Verified"
    RELEASE_REJECTED = "Release Rejected"
    RELEASE_SUPERSEDED = "Release Superseded"
    PROMOTION_STARTED = "Promotion Started"
    PROMOTION_PLANNED = "Promotion Planned"
    APPROVAL_REQUESTED = "Approval Requested"
    APPROVAL_GIVEN = "Approval Given"
    APPROVAL_REJECTED = "Approval Rejected"
    APPROVAL_VOIDED = "Approval Voided"
    PROMOTION_BLOCKED = "Promotion Blocked"
    PROBES_FINISHED = "Probes Finished"
    TRAFFIC_SHIFTED = "Traffic Shifted"
    PROMOTION_SUCCEEDED = "Promotion Succeeded"
    PROMOTION_ROLLED_BACK = "Promotion Rolled Back"
    PROMOTION_FAILED = "Promotion Failed"
    ROLLBACK_FAILED = "Rollback Failed"
    RELEASE_STOPPED = "Release Stopped"
    RELEASE_PROMOTED = "Release Promoted"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `specifics` are the fields that only its kind has; they never replace a field that all kinds have."""

    kind: EventKind
    id: str
    chain: str
    time: datetime
    service: str
    version: str
    says: str
    digest: str = ""
    environment: str = ""
    promotion: str = ""
    specifics: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_detail(self) -> dict[str, Any]:
        """The event's `detail`; parts that are not known are left out rather than sent empty."""
        known = {
            "id": self.id,
            "chain": self.chain,
            "time": to_text(self.time),
            "service": self.service,
            "version": self.version,
            "digest": self.digest,
            "environment": self.environment,
            "promotion": self.promotion,
            "says": self.says,
        }
        detail = {**self.specifics, **{name: value for name, value in known.items() if value}}
        cdevent = rendering(self.kind.value, detail)
        return {**detail, "cdevent": cdevent} if cdevent else detail

    @classmethod
    def from_detail(cls, kind: str, detail: Mapping[str, Any]) -> Self:
        """The event that `to_detail` wrote under this detail-type."""
        shared = {"id", "chain", "time", "service", "version", "digest", "environment", "promotion", "says", "cdevent"}
        return cls(
            kind=EventKind(kind),
            id=str(detail["id"]),
            chain=str(detail["chain"]),
            time=to_moment(str(detail["time"])),
            service=str(detail["service"]),
            version=str(detail["version"]),
            says=str(detail["says"]),
            digest=str(detail.get("digest", "")),
            environment=str(detail.get("environment", "")),
            promotion=str(detail.get("promotion", "")),
            specifics={name: value for name, value in detail.items() if name not in shared},
        )


def event_id(cause: str, kind: EventKind, discriminator: str = "") -> str:
    """The id of the event of this kind that `cause` (an execution ARN) sends; `discriminator` tells several apart."""
    return str(uuid5(NAMESPACE, f"{cause}|{kind.value}|{discriminator}"))


def of_promotion(
    kind: EventKind,
    promotion: Promotion,
    says: str,
    time: datetime,
    specifics: Mapping[str, Any] | None = None,
    *,
    discriminator: str = "",
) -> Event:
    """An event about one release in one environment."""
    return Event(
        kind=kind,
        id=event_id(promotion.execution or promotion.id, kind, discriminator),
        chain=promotion.chain,
        time=time,
        service=promotion.service,
        version=promotion.version,
        says=says,
        digest=promotion.digest,
        environment=promotion.environment,
        promotion=promotion.id,
        specifics=dict(specifics or {}),
    )


def of_release(
    kind: EventKind,
    release: Release,
    says: str,
    time: datetime,
    specifics: Mapping[str, Any] | None = None,
    *,
    cause: str,
) -> Event:
    """An event about a release as a whole; `cause` is the ARN of the execution that promotes it."""
    return Event(
        kind=kind,
        id=event_id(cause, kind),
        chain=release.chain,
        time=time,
        service=release.service,
        version=release.version,
        says=says,
        digest=release.digest,
        specifics=dict(specifics or {}),
    )
