"""How the way of a release ends: everywhere live, superseded, stopped somewhere, or rejected before it began.

A rejected upload leaves the version free; a stopped release keeps it, and may be promoted again. Being superseded was
announced where it happened, so it is only recorded here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from towpath.promotion.events import EventKind, of_release
from towpath.promotion.ports import Announcer, PromotionLedger
from towpath.promotion.records import Rejection, Release, ReleaseState
from towpath.promotion.registration import finish

End = Literal["promoted", "superseded", "stopped", "rejected"]
_KINDS: Mapping[str, EventKind] = {
    "promoted": EventKind.RELEASE_PROMOTED,
    "stopped": EventKind.RELEASE_STOPPED,
    "rejected": EventKind.RELEASE_REJECTED,
}


@dataclass(frozen=True, slots=True)
class ReleaseEnding:
    """How a release ended, in which execution, in words, and what else its event says."""

    release: Release
    execution: str
    end: End
    says: str
    specifics: Mapping[str, Any] = field(default_factory=dict[str, Any])


def end_release(ledger: PromotionLedger, announcer: Announcer, ending: ReleaseEnding, now: datetime) -> None:
    """Record the end and announce it. Doing it again changes nothing."""
    release = ending.release
    recorded = ending.end != "rejected" and finish(
        ledger, release, ending.execution, ReleaseState(ending.end), ending.says, now
    )
    if not recorded:
        # Never registered: the ledger remembers the upload all the same.
        ledger.record_rejection(Rejection(release.service, release.version, release.chain, now, ending.says))
    if ending.end in _KINDS:
        kind = _KINDS[ending.end]
        event = of_release(kind, release, ending.says, now, ending.specifics, cause=ending.execution)
        announcer.announce(event)
