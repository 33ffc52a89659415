"""Who may change an environment: one promotion at a time, the newest release first, nothing that is dead in the way.

A release that is older than what is live, than the holder or than the one that waits is superseded: going on would only
take the environment back in time. Among those that wait only the newest stays. `decide` looks at one state of the
lease; `take` writes what it decided if the lease still is what it looked at, and looks again if not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from towpath.errors import LedgerBusy
from towpath.promotion.ports import PromotionLedger
from towpath.promotion.records import Contender, Lease, LiveRelease

ATTEMPTS = 8

Alive = Callable[[str], bool]


class TakeOutcome(StrEnum):
    """What came of trying to take an environment."""

    TAKEN = "taken"
    WAITING = "waiting"
    SUPERSEDED = "superseded"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Taking:
    """The outcome, the lease to write (None: leave it as it is) and, for people, the version that decided it.

    `reclaimed` is the promotion whose execution was dead while it held the environment.
    """

    outcome: TakeOutcome
    lease: Lease | None = None
    because_of: str = ""
    reclaimed: str = ""


@dataclass(frozen=True, slots=True)
class Bid:
    """A promotion that wants an environment now. `is_open`: whether the environment's windows let a promotion start."""

    contender: Contender
    digest: str
    is_open: bool = True


def decide(lease: Lease, live: LiveRelease | None, bid: Bid, alive: Alive) -> Taking:
    """What the bidder may do now. `alive` tells whether an execution still runs."""
    mine, digest = bid.contender, bid.digest
    if lease.holder is not None and lease.holder.promotion == mine.promotion:
        return Taking(TakeOutcome.TAKEN)
    if live is not None and live.digest == digest:
        return Taking(TakeOutcome.UNCHANGED, _without(lease, mine), live.version)
    if live is not None and live.order > mine.order:
        return Taking(TakeOutcome.SUPERSEDED, _without(lease, mine), live.version)
    holder = lease.holder if lease.holder is not None and alive(lease.holder.execution) else None
    waiter = lease.waiter if _stands(lease.waiter, mine, alive) else None
    newer = next((other for other in (holder, waiter) if other is not None and other.order > mine.order), None)
    if newer is not None:
        return Taking(TakeOutcome.SUPERSEDED, None, newer.order.version)
    if holder is None and bid.is_open:
        reclaimed = lease.holder.promotion if lease.holder is not None else ""
        taken = replace(lease, fence=lease.fence + 1, holder=mine, waiter=None)
        return Taking(TakeOutcome.TAKEN, taken, reclaimed=reclaimed)
    waits = None if lease.waiter == mine else replace(lease, waiter=mine)
    return Taking(TakeOutcome.WAITING, waits, holder.order.version if holder is not None else "")


def take(ledger: PromotionLedger, place: tuple[str, str], bid: Bid, alive: Alive) -> Taking:
    """Decide and write, as one step. `place` is service and environment; the returned lease is what was written.

    Raises LedgerBusy when others wrote first each time.
    """
    for _ in range(ATTEMPTS):
        seen = ledger.lease(*place)
        taking = decide(seen, ledger.live(*place), bid, alive)
        if taking.lease is None:
            return replace(taking, lease=seen)
        if ledger.write_lease(taking.lease):
            return taking
    raise LedgerBusy(f"the lease on {place[1]} of {place[0]} changed {ATTEMPTS} times while it was being taken")


def give_back(ledger: PromotionLedger, service: str, environment: str, promotion: str) -> bool:
    """Leave the environment, as its holder and as the one that waits. False when there was nothing to leave."""
    for _ in range(ATTEMPTS):
        seen = ledger.lease(service, environment)
        left = replace(
            seen,
            holder=None if seen.holder is not None and seen.holder.promotion == promotion else seen.holder,
            waiter=None if seen.waiter is not None and seen.waiter.promotion == promotion else seen.waiter,
        )
        if left == seen:
            return False
        if ledger.write_lease(left):
            return True
    raise LedgerBusy(f"the lease on {environment} of {service} changed {ATTEMPTS} times while it was being given back")


def _stands(waiter: Contender | None, mine: Contender, alive: Alive) -> bool:
    """Whether somebody else waits who could still take the environment."""
    return waiter is not None and waiter.promotion != mine.promotion and alive(waiter.execution)


def _without(lease: Lease, mine: Contender) -> Lease | None:
    """The lease in which I no longer wait, if I did."""
    waits = lease.waiter is not None and lease.waiter.promotion == mine.promotion
    return replace(lease, waiter=None) if waits else None
