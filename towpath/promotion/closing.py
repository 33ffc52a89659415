"""How a promotion ends: its record is closed once, an event says how, its plan stops waiting, the environment is free.

The order makes every interruption harmless: the record is closed first and keeps the outcome, so whoever comes again,
the same step or the one that reconciles dead executions, tells the same story and then gives the environment back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from towpath.promotion.events import EventKind, event_id, of_promotion
from towpath.promotion.lease import give_back
from towpath.promotion.ports import Announcer, PromotionLedger
from towpath.promotion.records import PlanState, Promotion, PromotionOutcome

_KINDS = {
    PromotionOutcome.LIVE: EventKind.PROMOTION_SUCCEEDED,
    PromotionOutcome.UNCHANGED: EventKind.PROMOTION_SUCCEEDED,
    PromotionOutcome.SUPERSEDED: EventKind.RELEASE_SUPERSEDED,
    PromotionOutcome.BLOCKED: EventKind.PROMOTION_BLOCKED,
    PromotionOutcome.REJECTED: EventKind.PROMOTION_BLOCKED,
    PromotionOutcome.FAILED: EventKind.PROMOTION_FAILED,
    PromotionOutcome.ROLLED_BACK: EventKind.PROMOTION_ROLLED_BACK,
    PromotionOutcome.ROLLBACK_FAILED: EventKind.ROLLBACK_FAILED,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a promotion ends: the outcome, a sentence, and what else its event says."""

    outcome: PromotionOutcome
    says: str
    specifics: Mapping[str, Any] = field(default_factory=dict[str, Any])


def close(
    ledger: PromotionLedger, announcer: Announcer, promotion: Promotion, ending: Ending, now: datetime
) -> PromotionOutcome:
    """End the promotion, and return the outcome that counts: the first one that was recorded."""
    live = ledger.live(promotion.service, promotion.environment)
    if live is not None and live.promotion == promotion.id and ending.outcome is not PromotionOutcome.LIVE:
        # Its last step got through and could not say so: what is live has not failed.
        says = f"{promotion.service} {promotion.version} is live in {promotion.environment}; after that: {ending.says}"
        ending = Ending(PromotionOutcome.LIVE, says)
    if not ledger.close_promotion(promotion, ending.outcome, ending.says, now):
        record = ledger.promotion(promotion)
        if record is not None and record.outcome is not None and record.outcome is not ending.outcome:
            ending = Ending(record.outcome, record.says)
    specifics: dict[str, Any] = {"outcome": ending.outcome.value, **ending.specifics}
    if ending.outcome is PromotionOutcome.ROLLED_BACK and live is not None:
        specifics |= {"previous_version": live.version, "previous_digest": live.digest}
    announcer.announce(of_promotion(_KINDS[ending.outcome], promotion, ending.says, now, specifics))
    _expire_plan(ledger, promotion)
    give_back(ledger, promotion.service, promotion.environment, promotion.id)
    return ending.outcome


def is_closed(ledger: PromotionLedger, promotion: Promotion) -> bool:
    """Whether nothing of `close` is left to do: recorded, told, and neither holding nor waiting for the environment."""
    record = ledger.promotion(promotion)
    if record is None or record.outcome is None:
        return False
    told = event_id(promotion.execution or promotion.id, _KINDS[record.outcome])
    lease = ledger.lease(promotion.service, promotion.environment)
    there = [someone.promotion for someone in (lease.holder, lease.waiter) if someone is not None]
    return promotion.id not in there and any(event.id == told for event in ledger.events(promotion.chain))


def _expire_plan(ledger: PromotionLedger, promotion: Promotion) -> None:
    record = ledger.promotion(promotion)
    plan = ledger.plan(record.plan) if record is not None and record.plan else None
    if plan is not None and plan.promotion.id == promotion.id and plan.state is PlanState.WAITING:
        # A decision that comes in between wins the race and opens nothing: its promotion has ended.
        ledger.write_plan(replace(plan, state=PlanState.EXPIRED))
