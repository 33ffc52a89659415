"""Writes the plan of a promotion and lets the gates judge it.

Output: outcome `passed`, `approval_needed` or `refused`, with `plan: {digest, document, page}` and, where a gate did
not pass, `verdict`. The plan is stored three times: as JSON for programs, as Markdown and as an HTML page for people.
"""

import json
from collections import Counter
from typing import Any

from towpath.aws.reviewing import carried_into, plan_of
from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.promotion.events import EventKind, of_promotion
from towpath.promotion.records import PlanRecord, PromotionState
from towpath.review.gates import Decision
from towpath.review.plan import Plan
from towpath.review.rendering import render_html, render_markdown
from towpath.verdict import Reason, Verdict, combine

_SAYS = {
    Decision.PASSED: "All gates passed.",
    Decision.APPROVAL_NEEDED: "A person must approve this plan.",
    Decision.REFUSED: "A gate refuses this plan.",
}


@promotion_step(PromotionState.REVIEWING)
def handler(step: Step) -> dict[str, Any]:
    stage = Stage(step)
    ledger = step.runtime.ledger
    found = stage.deployer.change_set(str(step["change_set"]["id"]))
    plan = plan_of(stage, found, carried_into(step))
    open_gates = [gate for gate in plan.gates if gate.decision is not Decision.PASSED]
    verdict = combine(gate.verdict for gate in open_gates)
    documents = _store(step, plan)
    ledger.record_plan(_record(step, plan, documents["document"], verdict), step.hold)
    result = {
        "outcome": plan.decision.value,
        "says": f"{_SAYS[plan.decision]} {_summary(plan)}",
        "plan": {"digest": plan.digest, **documents},
    }
    specifics = {
        "plan": plan.digest,
        "decision": plan.decision.value,
        "document": documents["document"],
        "gates": [{"gate": gate.gate, "outcome": gate.verdict.outcome.value} for gate in plan.gates],
        "changes": dict(Counter(difference.kind.value for difference in plan.infrastructure)),
    }
    step.runtime.announcer.announce(
        of_promotion(
            EventKind.PROMOTION_PLANNED,
            step.promotion,
            str(result["says"]),
            step.runtime.clock.now(),
            specifics,
            discriminator=plan.digest,
        )
    )
    # What travels between states and into events stays small; the plan document has all of it.
    return result if verdict.is_passed else {**result, "verdict": verdict.brief().to_json()}


def _store(step: Step, plan: Plan) -> dict[str, str]:
    document = plan.to_json()
    documents = step.runtime.documents
    documents.put("plan", render_markdown(document).encode(), "text/markdown; charset=utf-8")
    return {
        "document": documents.put("plan", json.dumps(document, sort_keys=True).encode()),
        "page": documents.put("plan", render_html(document).encode(), "text/html; charset=utf-8"),
    }


def _record(step: Step, plan: Plan, document: str, verdict: Verdict) -> PlanRecord:
    asks = any(gate.gate == "privilege" and not gate.verdict.is_passed for gate in plan.gates)
    return PlanRecord(
        digest=plan.digest,
        promotion=step.promotion,
        document=document,
        expansions=(plan.expansion,) if asks else (),
        reasons=tuple(map(_in_short, verdict.brief().reasons)),
    )


def _in_short(reason: Reason) -> str:
    """What was found, and then where. What to do is the same for all of them: read the plan and decide."""
    return f"{reason.message} ({reason.where})" if reason.where else reason.message


def _summary(plan: Plan) -> str:
    counts = Counter(difference.kind.value for difference in plan.infrastructure)
    changes = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return f"Resources: {changes}." if changes else "No resource changes."
