"""What the ledger remembers: releases, promotions, environments and plans.

Records are values. Times are aware datetimes in UTC inside and ISO 8601 with a Z outside, as in the events.
"""

from towpath.promotion.records.environment import Contender, Hold, Lease, LiveRelease, StackOwner, hold_of
from towpath.promotion.records.moments import NAMESPACE, NEVER, chain_id, to_moment, to_text
from towpath.promotion.records.plan import Decision, PlanRecord, PlanState
from towpath.promotion.records.promotion import (
    NAME_LIMIT,
    Promotion,
    PromotionOutcome,
    PromotionRecord,
    PromotionState,
    Remark,
)
from towpath.promotion.records.release import Rejection, Release, ReleaseOrder, ReleaseRecord, ReleaseState, Upload

__all__ = [
    "NAMESPACE",
    "NAME_LIMIT",
    "NEVER",
    "Contender",
    "Decision",
    "Hold",
    "Lease",
    "LiveRelease",
    "PlanRecord",
    "PlanState",
    "Promotion",
    "PromotionOutcome",
    "PromotionRecord",
    "PromotionState",
    "Rejection",
    "Release",
    "ReleaseOrder",
    "ReleaseRecord",
    "ReleaseState",
    "Remark",
    "StackOwner",
    "Upload",
    "chain_id",
    "hold_of",
    "to_moment",
    "to_text",
]
