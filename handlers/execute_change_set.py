"""Lets CloudFormation carry out the change set that was reviewed.

Output: outcome `executing`, `nothing_to_do` for an empty change set, `moved` for one that somebody else's change has
outdated, or `refused` with `verdict`. After the last two nothing of ours has happened in the stack: there is nothing to
take back, and taking it back would undo what others did.
"""

from typing import Any

from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.errors import RefusedByAws
from towpath.promotion.records import PromotionState
from towpath.review.ports import ChangeSetCondition
from towpath.verdict import Reason, Verdict


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
        return {"outcome": "moved", "says": f"The change set cannot be executed any more: {found.reason}"}
    try:
        stage.deployer.execute(change_set, step.promotion.id)
    except RefusedByAws as error:
        if stage.deployer.change_set(change_set).condition is ChangeSetCondition.EXECUTED:
            return executing
        return _refused(stage, error)
    return executing


def _refused(stage: Stage, error: RefusedByAws) -> dict[str, Any]:
    reason = Reason(
        "change-set-not-executed",
        f"CloudFormation does not carry out the change set: {error}",
        where=stage.stack,
        remedy="Wait until nobody else changes the stack, then promote the release again.",
    )
    return {"outcome": "refused", "says": str(reason), "verdict": Verdict.refused(reason).to_json()}
