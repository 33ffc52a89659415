"""Promotions and their timelines as items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from towpath.aws.ledger_items.keys import promotion_key
from towpath.promotion.records import (
    Promotion,
    PromotionOutcome,
    PromotionRecord,
    PromotionState,
    Remark,
    to_moment,
    to_text,
)


def from_remark(remark: Remark) -> dict[str, str]:
    return {"time": to_text(remark.time), "state": remark.state.value, "says": remark.says}


def from_promotion(record: PromotionRecord) -> dict[str, Any]:
    return {
        **promotion_key(record.promotion),
        "promotion": record.promotion.to_json(),
        "state": record.state.value,
        "says": record.says,
        "updated": to_text(record.updated),
        "plan": record.plan,
        "timeline": [from_remark(remark) for remark in record.timeline],
        **({"outcome": record.outcome.value} if record.outcome else {}),
    }


def to_promotion(item: Mapping[str, Any]) -> PromotionRecord:
    timeline = (
        Remark(to_moment(part["time"]), PromotionState(part["state"]), part["says"]) for part in item["timeline"]
    )
    return PromotionRecord(
        promotion=Promotion.from_json(item["promotion"]),
        state=PromotionState(item["state"]),
        says=str(item["says"]),
        updated=to_moment(item["updated"]),
        outcome=PromotionOutcome(item["outcome"]) if "outcome" in item else None,
        plan=str(item["plan"]),
        timeline=tuple(timeline),
    )
