"""Lets CloudFormation carry out the change set that was reviewed.

Output: outcome `executing`, or `nothing_to_do` for an empty change set.
"""

from typing import Any

from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.errors import Terminal
from towpath.promotion.records import PromotionState
from towpath.review.ports import ChangeSetCondition


@promotion_step(PromotionState.DEPLOYING)
def handler(step: Step) -> dict[str, Any]:
    stage, change_set = Stage(step), str(step["change_set"]["id"])
    found = stage.deployer.change_set(change_set)
    executing = {"outcome": "executing", "says": f"CloudFormation is changing the stack {stage.stack}."}
    if found.condition is ChangeSetCondition.EMPTY:
        stage.deployer.discard(stage.stack, change_set)
        return {"outcome": "nothing_to_do", "says": "There was nothing to change in the stack."}
    if found.condition is ChangeSetCondition.EXECUTED:
        # An earlier try of this very step got through; its answer was lost.
        return executing
    if found.condition is not ChangeSetCondition.READY:
        raise Terminal(f"the change set {change_set} cannot be executed: {found.reason}")
    stage.deployer.execute(change_set, step.promotion.id)
    return executing
