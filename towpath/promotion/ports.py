"""What the workflow needs from the outside: a ledger, a voice, a clock, knowledge of executions, a shelf for documents.

The ledger offers compare-and-set and a few transactions and decides nothing: which writes are wanted is decided by the
functions of this room, so every implementation, in memory or in DynamoDB, obeys the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from towpath.promotion.events import Event
from towpath.promotion.records import (
    Hold,
    Lease,
    LiveRelease,
    PlanRecord,
    Promotion,
    PromotionOutcome,
    PromotionRecord,
    PromotionState,
    Rejection,
    ReleaseRecord,
    StackOwner,
)


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceLedger:
    """Everything that the ledger holds about one service, promotions oldest first."""

    service: str
    releases: tuple[ReleaseRecord, ...] = ()
    lives: tuple[LiveRelease, ...] = ()
    leases: tuple[Lease, ...] = ()
    promotions: tuple[PromotionRecord, ...] = ()
    rejections: tuple[Rejection, ...] = ()


class LedgerReader(Protocol):
    """What `status`, `history` and `watch` need: reading, nothing else."""

    def services(self) -> Sequence[str]:
        """The names of all services that ever had a release, sorted."""
        ...

    def overview(self, service: str, since: datetime | None = None) -> ServiceLedger:
        """Everything about one service; empty for a service that was never seen.

        With `since`, only the promotions that started then or later: a service's history grows without end.
        """
        ...

    def release(self, service: str, version: str) -> ReleaseRecord | None:
        """The release that owns this version of the service, read consistently."""
        ...

    def events(self, chain: str) -> Sequence[Event]:
        """All events of one release, oldest first."""
        ...

    def plan(self, digest: str) -> PlanRecord | None:
        """The plan with this digest."""
        ...


class PromotionLedger(LedgerReader, Protocol):
    """The record of all of it. Every `write_…` is a compare-and-set: False says that somebody else was faster."""

    def write_release(self, record: ReleaseRecord) -> bool:
        """Store the record if the stored revision still is `record.revision` (0: there is none); it grows by one."""
        ...

    def record_rejection(self, rejection: Rejection) -> None:
        """Remember an upload that was rejected; once for its chain."""
        ...

    def own_stack(self, account: str, region: str, stack: str, owner: StackOwner) -> StackOwner:
        """Who owns this stack; it is `owner` if nobody owned it before."""
        ...

    def lease(self, service: str, environment: str) -> Lease:
        """The lease on an environment, read consistently; a free one with revision 0 if it was never taken."""
        ...

    def write_lease(self, lease: Lease) -> bool:
        """Store the lease if the stored revision is still `lease.revision`; it becomes one more."""
        ...

    def check_hold(self, hold: Hold) -> None:
        """Raises LeaseLost when the environment is not held by this promotion under this fence."""
        ...

    def live(self, service: str, environment: str) -> LiveRelease | None:
        """What is live there, read consistently."""
        ...

    def record_live(self, live: LiveRelease, hold: Hold, expansions: Collection[str] = ()) -> None:
        """In one transaction: `live` is live, its expansions are used up there, the environment is free again.

        Doing it again after it succeeded changes nothing. Raises LeaseLost when the hold is no longer good.
        """
        ...

    def open_promotion(self, promotion: Promotion, says: str, now: datetime) -> PromotionRecord:
        """The record of this promotion; written if there is none."""
        ...

    def promotion(self, promotion: Promotion) -> PromotionRecord | None:
        """The record of this promotion, read consistently; found by its id when `started` is not known."""
        ...

    def note(self, promotion: Promotion, state: PromotionState, says: str, now: datetime) -> None:
        """Add a remark to an open promotion's timeline. The same twice in a row, or after its end, adds nothing."""
        ...

    def close_promotion(self, promotion: Promotion, outcome: PromotionOutcome, says: str, now: datetime) -> bool:
        """Close it once: False when it had been closed before, and then nothing changes."""
        ...

    def record_plan(self, plan: PlanRecord, hold: Hold) -> PlanRecord:
        """Store the plan of the promotion that holds the environment, and name it in the promotion's record.

        A plan with this digest that the same promotion recorded before is left and returned as it is; one of another
        promotion is replaced: what was decided about it counted for that promotion. Raises LeaseLost.
        """
        ...

    def write_plan(self, plan: PlanRecord) -> bool:
        """Store the plan if the stored revision is still `plan.revision`.

        An approved one opens its expansions; a voided one closes again what its approval had opened.
        """
        ...

    def approved_expansions(self, promotion: Promotion, expansions: Collection[str]) -> frozenset[str]:
        """Those expansions that a person approved for this service and that were not used up in this environment.

        An approval opens every environment once: what was widened, narrowed and widened again is asked again.
        """
        ...

    def append_event(self, event: Event) -> Event:
        """Store the event, once for its id; what is stored is returned, with the time that it had the first time."""
        ...


class Announcer(Protocol):
    """Where events go: into the ledger first, then to those who listen."""

    def announce(self, event: Event) -> None:
        """Send it, at least once."""
        ...


class Executions(Protocol):
    """What the workflow may ask of the engine that runs it."""

    def is_running(self, execution: str) -> bool:
        """Whether this execution (its ARN) may still act. One that nobody knows any more may not."""
        ...

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        """Let the task that waits with this token go on; False when nothing waits with it any more."""
        ...


class DocumentStore(Protocol):
    """The shelf for documents that are too large to travel between states. A key says what its content is."""

    def put(self, kind: str, content: bytes, media_type: str = "application/json") -> str:
        """Keep the content and return its key, `documents/<kind>/<sha256>`; the same content has the same key."""
        ...

    def get(self, key: str) -> bytes:
        """The content under a key. Raises Terminal when there is none."""
        ...
