"""Clears away what a promotion that changed nothing has made: its change set, and the empty stack that came with it.

CloudFormation makes a stack in REVIEW_IN_PROGRESS for the change set of a first deployment; nothing else is in it. It
needs no answer of an earlier step: the change set's name follows from the promotion. Output: outcome `discarding` (ask
again) or `discarded`.
"""

from typing import Any

from towpath.aws.stage import Stage, change_set_name
from towpath.aws.step import Step, promotion_step
from towpath.promotion.records import PromotionState
from towpath.review.ports import StackCondition, StackState


@promotion_step(PromotionState.REVIEWING)
def handler(step: Step) -> dict[str, Any]:
    stage = Stage(step)
    state = stage.deployer.stack(stage.stack)
    # A stack that was another's all along has no change set of ours in it.
    if state.condition is StackCondition.ABSENT or not stage.is_ours:
        return {"outcome": "discarded", "says": "Nothing of this promotion is left."}
    if state.condition is StackCondition.IN_PROGRESS:
        return _while_it_changes(state)
    stage.deployer.discard(stage.stack, change_set_name(step.promotion))
    if state.condition is not StackCondition.REVIEWED_ONLY:
        return {"outcome": "discarded", "says": f"The change set of {stage.stack} is discarded."}
    stage.deployer.delete(stage.stack, f"discard-{step.promotion.id}")
    return {"outcome": "discarding", "says": f"The stack {stage.stack}, which was never created, goes away again."}


def _while_it_changes(state: StackState) -> dict[str, Any]:
    if state.status == "DELETE_IN_PROGRESS":
        return {"outcome": "discarding", "says": f"The stack {state.name} goes away again."}
    # Somebody else changes the stack, which makes our change set useless, and CloudFormation deletes it in the end.
    return {"outcome": "discarded", "says": f"The stack {state.name} is being changed by somebody else."}
