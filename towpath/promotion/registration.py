"""Whether an upload becomes a promotion: a version has one digest for ever, and one execution promotes it at a time.

S3 and EventBridge deliver at least once and in any order, so the same upload may arrive twice, late, or after it
failed. Only the first delivery starts anything. A release that was stopped or superseded is promoted again when it is
uploaded again (another object version) or when an operator starts the execution with `"again": true`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from towpath.errors import LedgerBusy
from towpath.promotion.ports import PromotionLedger
from towpath.promotion.records import Release, ReleaseRecord, ReleaseState
from towpath.verdict import Reason

ATTEMPTS = 5


class Registered(StrEnum):
    """What came of registering a release."""

    REGISTERED = "registered"
    ALREADY_PROMOTING = "already_promoting"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Registration:
    """The outcome, a sentence about it, and the record that the ledger holds now."""

    outcome: Registered
    says: str
    record: ReleaseRecord
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A release that was verified by an execution at a time; `again` is an operator's word."""

    release: Release
    execution: str
    now: datetime
    again: bool = False


def register(ledger: PromotionLedger, arrival: Arrival, alive: Callable[[str], bool]) -> Registration:
    """Register the release for this execution. Raises LedgerBusy when others wrote first each time."""
    for _ in range(ATTEMPTS):
        known = ledger.release(arrival.release.service, arrival.release.version)
        registration = decide(known, arrival, alive)
        if registration.outcome is not Registered.REGISTERED or registration.record == known:
            return registration
        if ledger.write_release(registration.record):
            return registration
    name = f"{arrival.release.service} {arrival.release.version}"
    raise LedgerBusy(f"the record of {name} changed {ATTEMPTS} times while it was being registered")


def decide(known: ReleaseRecord | None, arrival: Arrival, alive: Callable[[str], bool]) -> Registration:
    """What the arrival is, given what the ledger knows of this version."""
    name = f"{arrival.release.service} {arrival.release.version}"
    if known is None:
        return _claimed(arrival, 0, f"{name} is registered.")
    if known.release.digest != arrival.release.digest:
        return _conflict(known, arrival)
    if known.execution == arrival.execution:
        return Registration(Registered.REGISTERED, known.says, known)
    if known.state is ReleaseState.PROMOTING:
        if alive(known.execution):
            return Registration(Registered.ALREADY_PROMOTING, f"{name} is being promoted already.", known)
        return _claimed(arrival, known.revision, f"{name} is taken over from an execution that ended.")
    uploaded_again = known.release.upload.version_id != arrival.release.upload.version_id
    if known.state is not ReleaseState.PROMOTED and (uploaded_again or arrival.again):
        return _claimed(arrival, known.revision, f"{name} is promoted again; before, it was {known.state.value}.")
    return Registration(Registered.ALREADY_PROMOTING, f"{name} has been {known.state.value} already.", known)


def finish(
    ledger: PromotionLedger, release: Release, execution: str, state: ReleaseState, says: str, now: datetime
) -> bool:
    """Record how the release ended, if this execution still is the one that promotes it."""
    for _ in range(ATTEMPTS):
        known = ledger.release(release.service, release.version)
        if known is None or known.execution != execution:
            return False
        if known.state is state:
            return True
        if ledger.write_release(replace(known, state=state, says=says, updated=now)):
            return True
    raise LedgerBusy(f"the record of {release.service} {release.version} changed {ATTEMPTS} times")


def _claimed(arrival: Arrival, revision: int, says: str) -> Registration:
    record = ReleaseRecord(arrival.release, arrival.execution, says=says, updated=arrival.now, revision=revision)
    return Registration(Registered.REGISTERED, says, record)


def _conflict(known: ReleaseRecord, arrival: Arrival) -> Registration:
    release = arrival.release
    reason = Reason(
        "version-has-other-bytes",
        f"{release.service} {release.version} was registered with the digest {known.release.digest}; "
        f"this upload has {release.digest}.",
        where=release.upload.key,
        remedy="A version is never used twice: raise the version and publish it again.",
    )
    return Registration(Registered.CONFLICT, str(reason), known, reason)
