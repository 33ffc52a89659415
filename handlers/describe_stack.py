"""Looks how far CloudFormation has come with a stack.

Output: outcome `in_progress`, `complete`, `rolled_back` or `failed`. With `way` in the input (from `roll_back_stack`)
the stack is on its way back: then `complete` also means that a stack which had not been there before is gone again,
and `resumed` that CloudFormation has finished its own rollback, whose aliases are older than the last traffic shift.
"""

from typing import Any

from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.promotion.records import PromotionState
from towpath.promotion.stack_failure import stack_failed
from towpath.review.ports import StackCondition, StackState
from towpath.verdict import Verdict

_FORWARD = {
    StackCondition.IN_PROGRESS: "in_progress",
    StackCondition.COMPLETE: "complete",
    StackCondition.ROLLED_BACK: "rolled_back",
    StackCondition.NEVER_CREATED: "rolled_back",
}
_BACK = {
    StackCondition.IN_PROGRESS: "in_progress",
    StackCondition.COMPLETE: "complete",
    StackCondition.ABSENT: "complete",
}
# Where an update that was to bring the previous release back ends like this, the new release is still there.
_RESUMED = {**_BACK, StackCondition.ROLLED_BACK: "resumed"}


@promotion_step(PromotionState.DEPLOYING)
def handler(step: Step) -> dict[str, Any]:
    stage = Stage(step)
    state = stage.deployer.stack(stage.stack)
    way = str(step.event.get("way") or "")
    meanings = _FORWARD if not way else _RESUMED if way == "resume" else _BACK
    outcome = meanings.get(state.condition, "failed")
    if outcome in ("in_progress", "complete", "resumed"):
        return {"outcome": outcome, "says": _says(state, back=bool(way))}
    cause = stage.deployer.failure(stage.stack) if state.condition is not StackCondition.ABSENT else ""
    reason = stack_failed(stage.stack, state.status, cause or state.reason)
    return {"outcome": outcome, "says": str(reason), "verdict": Verdict.refused(reason).to_json()}


def _says(state: StackState, *, back: bool) -> str:
    if state.condition is StackCondition.ABSENT:
        return f"The stack {state.name} is gone again; nothing is left behind."
    if state.condition is StackCondition.IN_PROGRESS:
        return f"CloudFormation is still changing the stack {state.name} ({state.status})."
    return f"The stack {state.name} is {'back to what it was' if back else 'what the release says'}."
