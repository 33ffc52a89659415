"""Plans and decisions as items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from towpath.aws.ledger_items.keys import plan_key
from towpath.promotion.records import Decision, PlanRecord, PlanState, Promotion, to_moment, to_text


def from_plan(plan: PlanRecord) -> dict[str, Any]:
    optional = {
        "asked": to_text(plan.asked) if plan.asked else None,
        "expires": to_text(plan.expires) if plan.expires else None,
        "decision": _from_decision(plan.decision) if plan.decision else None,
    }
    return {
        **plan_key(plan.digest),
        "digest": plan.digest,
        "promotion": plan.promotion.to_json(),
        "document": plan.document,
        "state": plan.state.value,
        "expansions": list(plan.expansions),
        "reasons": list(plan.reasons),
        "token": plan.token,
        "revision": plan.revision,
        **{name: value for name, value in optional.items() if value is not None},
    }


def to_plan(item: Mapping[str, Any]) -> PlanRecord:
    return PlanRecord(
        digest=str(item["digest"]),
        promotion=Promotion.from_json(item["promotion"]),
        document=str(item["document"]),
        state=PlanState(item["state"]),
        expansions=tuple(item["expansions"]),
        reasons=tuple(item["reasons"]),
        token=str(item["token"]),
        asked=to_moment(item["asked"]) if "asked" in item else None,
        expires=to_moment(item["expires"]) if "expires" in item else None,
        decision=_to_decision(item["decision"]) if "decision" in item else None,
        revision=int(item["revision"]),
    )


def _from_decision(decision: Decision) -> dict[str, str]:
    return {"by": decision.by, "time": to_text(decision.time), "comment": decision.comment}


def _to_decision(item: Mapping[str, Any]) -> Decision:
    return Decision(str(item["by"]), to_moment(item["time"]), str(item["comment"]))
