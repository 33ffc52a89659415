"""Looks how far the traffic has moved.

Output: outcome `shifting`, `shifted`, or `failed` (with `verdict`) once one deployment has failed.
"""

from typing import Any

from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.promotion.events import EventKind, of_promotion
from towpath.promotion.records import PromotionState
from towpath.traffic.ports import ShiftCondition, ShiftState
from towpath.verdict import Reason, Verdict


@promotion_step(PromotionState.SHIFTING)
def handler(step: Step) -> dict[str, Any]:
    router = Stage(step).router
    states = [router.state(deployment) for deployment in step["deployments"]]
    failed = [state for state in states if state.condition is ShiftCondition.FAILED]
    if failed:
        verdict = Verdict.refused(*(_reason(state) for state in failed))
        return {"outcome": "failed", "says": str(verdict.reasons[0]), "verdict": verdict.to_json()}
    if any(state.condition is ShiftCondition.SHIFTING for state in states):
        return {"outcome": "shifting", "says": "Traffic is still shifting."}
    says = "All traffic has moved to the new version."
    specifics = {"deployments": [state.deployment for state in states]}
    step.runtime.announcer.announce(
        of_promotion(EventKind.TRAFFIC_SHIFTED, step.promotion, says, step.runtime.clock.now(), specifics)
    )
    return {"outcome": "shifted", "says": says}


def _reason(state: ShiftState) -> Reason:
    code = (state.error_code or "deployment-failed").lower().replace("_", "-")
    return Reason(
        code,
        f"the traffic shift was stopped: {state.reason or state.error_code or 'CodeDeploy gives no reason'}",
        where=f"deployment {state.deployment}",
        remedy="Find out what the alarm or the error saw in the new version, and publish a corrected one.",
    )
