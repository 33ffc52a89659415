"""Ends a promotion that did not go live: event, ledger record, environment given back.

Input: `promotion, fence, outcome, problem: {says, cause, verdict, before}`. Output: the outcome that was recorded (the
first one counts) and `says`. It never needs to hold the environment: a promotion that lost it has to end as well.
"""

from collections.abc import Mapping
from typing import Any

from towpath.aws.problem import reason_of
from towpath.aws.step import Step, promotion_step
from towpath.promotion.closing import Ending, close
from towpath.promotion.records import PromotionOutcome, PromotionState


@promotion_step(PromotionState.CLOSED, holds=False)
def handler(step: Step) -> dict[str, Any]:
    problem: Mapping[str, Any] = step["problem"]
    first: Mapping[str, Any] = problem.get("before") or {}
    outcome = PromotionOutcome(step["outcome"])
    says = reason_of(problem)
    specifics: dict[str, Any] = {}
    verdict = problem.get("verdict") or first.get("verdict")
    if verdict:
        specifics["verdict"] = verdict
    if outcome is PromotionOutcome.SUPERSEDED and problem.get("by"):
        specifics["by"] = problem["by"]
    ending = Ending(outcome, says, specifics)
    recorded = close(step.runtime.ledger, step.runtime.announcer, step.promotion, ending, step.runtime.clock.now())
    return {"outcome": recorded.value, "says": says}
