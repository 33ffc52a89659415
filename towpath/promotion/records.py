"""What the ledger remembers: releases, promotions, leases, plans and what is live; and which release is the newer one.

Records are values. Times are aware datetimes in UTC inside and ISO 8601 with a Z outside, as in the events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property, total_ordering
from typing import Any, Self
from uuid import UUID, uuid5

import semver

# Every id that Towpath derives lives in this name space, so that the same cause always has the same id.
NAMESPACE = UUID("6c2f2a0e-2f5b-5c53-9f0e-0b7d6f0a3c11")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NAME_LIMIT = 80  # characters of an execution name: Step Functions, StartExecution


def to_text(moment: datetime) -> str:
    """`2026-11-23T07:00:00.000000Z`: one fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_moment(text: str) -> datetime:
    """The aware datetime of an ISO 8601 text; a text without an offset is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def chain_id(service: str, version: str, content: str) -> str:
    """The id that all events of one release share. `content` is its digest or, while unknown, the object version."""
    return str(uuid5(NAMESPACE, f"{service}/{version}/{content}"))


@total_ordering
@dataclass(frozen=True)
class ReleaseOrder:
    """The place of a release among those of its service: later uploads are newer, then the higher version.

    S3 tells the time in whole seconds, so three uploads in one second are ordered by SemVer precedence. Build metadata
    has no precedence in SemVer 2 (section 10); its text decides last, so that two releases are never equal by accident.
    """

    uploaded: datetime
    version: str

    @cached_property
    def _key(self) -> tuple[datetime, semver.Version, str]:
        return (self.uploaded, semver.Version.parse(self.version), self.version)

    def __lt__(self, other: ReleaseOrder) -> bool:
        mine, theirs = self._key, other._key
        if mine[0] != theirs[0]:
            return mine[0] < theirs[0]
        precedence = mine[1].compare(theirs[1])
        return precedence < 0 if precedence else mine[2] < theirs[2]

    def to_json(self) -> dict[str, str]:
        return {"uploaded": to_text(self.uploaded), "version": self.version}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(to_moment(str(document["uploaded"])), str(document["version"]))


@dataclass(frozen=True, slots=True)
class Upload:
    """The one object version that a release came from."""

    bucket: str
    key: str
    version_id: str
    size: int
    uploaded: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "bucket": self.bucket,
            "key": self.key,
            "version_id": self.version_id,
            "size": self.size,
            "uploaded": to_text(self.uploaded),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            bucket=str(document["bucket"]),
            key=str(document["key"]),
            version_id=str(document["version_id"]),
            size=int(document["size"]),
            uploaded=to_moment(str(document["uploaded"])),
        )


@dataclass(frozen=True, slots=True)
class Release:
    """One verified version of a service: what travels. `manifest` is the key of its manifest among the documents."""

    service: str
    version: str
    digest: str
    chain: str
    upload: Upload
    stack: str = ""
    manifest: str = ""

    @property
    def order(self) -> ReleaseOrder:
        return ReleaseOrder(self.upload.uploaded, self.version)

    def to_json(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "version": self.version,
            "digest": self.digest,
            "chain": self.chain,
            "upload": self.upload.to_json(),
            "stack": self.stack or self.service,
            "manifest": self.manifest,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            service=str(document["service"]),
            version=str(document["version"]),
            digest=str(document["digest"]),
            chain=str(document["chain"]),
            upload=Upload.from_json(document["upload"]),
            stack=str(document.get("stack", "")),
            manifest=str(document.get("manifest", "")),
        )


class ReleaseState(StrEnum):
    """Where a release stands as a whole."""

    PROMOTING = "promoting"
    PROMOTED = "promoted"
    STOPPED = "stopped"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A release in the ledger and the execution that claims to promote it. `revision` counts its writes."""

    release: Release
    execution: str
    state: ReleaseState = ReleaseState.PROMOTING
    says: str = ""
    updated: datetime = NEVER
    revision: int = 0


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


@dataclass(frozen=True, slots=True)
class Rejection:
    """An upload that did not become a release. It leaves the version free for an upload that does."""

    service: str
    version: str
    chain: str
    time: datetime
    says: str


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


@dataclass(frozen=True, slots=True)
class Contender:
    """A promotion that holds an environment or waits for it."""

    promotion: str
    execution: str
    order: ReleaseOrder


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may change one environment of one service. `fence` grows with every taking and never shrinks.

    A write that carries an older fence comes from a promotion that lost the environment, and is refused
    (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).
    """

    service: str
    environment: str
    fence: int = 0
    holder: Contender | None = None
    waiter: Contender | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """The claim to hold an environment that a step brings along with its writes."""

    service: str
    environment: str
    promotion: str
    fence: int


@dataclass(frozen=True, slots=True)
class LiveRelease:
    """What serves in one environment, since when, and what served before it."""

    service: str
    environment: str
    version: str
    digest: str
    promotion: str
    since: datetime
    order: ReleaseOrder
    previous_version: str = ""
    previous_digest: str = ""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


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


def hold_of(promotion: Promotion, fence: int) -> Hold:
    """The hold that this promotion has on its environment while `fence` is the current one."""
    return Hold(promotion.service, promotion.environment, promotion.id, fence)
