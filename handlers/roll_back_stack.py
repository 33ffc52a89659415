"""Brings the stack back to what it was before the promotion: the previous deployment again, or nothing at all.

Output: outcome `rolling_back` with `way` (`update`, `delete`, or `resume` for a rollback of CloudFormation's own that
it could not finish; ask again after that), `busy` (it is still being changed; ask again) or `nothing_to_do`.
"""

from typing import Any

from towpath.aws.stage import Stage, change_set_name
from towpath.aws.step import Step, promotion_step
from towpath.promotion.records import PromotionState
from towpath.review.ports import ChangeSetCondition, StackCondition


@promotion_step(PromotionState.ROLLING_BACK)
def handler(step: Step) -> dict[str, Any]:
    stage = Stage(step)
    before, mark = stage.before.deployment, step.promotion.id
    # A token is spent with the operation that it began: each way back has its own.
    state = stage.deployer.stack(stage.stack)
    if before is not None and _never_executed(stage):
        stage.deployer.discard(stage.stack, change_set_name(step.promotion))
        return _done(f"The stack {stage.stack} was never changed by this promotion.")
    if state.condition is StackCondition.IN_PROGRESS:
        return {"outcome": "busy", "says": f"The stack {stage.stack} is still {state.status}."}
    if before is None:
        if state.condition is StackCondition.ABSENT:
            return _done("There is no stack, as before.")
        stage.deployer.delete(stage.stack, f"back-delete-{mark}")
        return _back("delete", f"The stack {stage.stack} was not there before: it is deleted.")
    if state.condition is StackCondition.FAILED:
        stage.deployer.resume_rollback(stage.stack, f"back-resume-{mark}")
        return _back("resume", f"CloudFormation takes its rollback of {stage.stack} up again.")
    if stage.deployer.update(before, f"back-update-{mark}"):
        return _back("update", f"The stack {stage.stack} goes back to the previous release.")
    return _done(f"The stack {stage.stack} already is what it was before.")


def _never_executed(stage: Stage) -> bool:
    """Whether our change set still waits: then whatever happens in the stack is somebody else's doing."""
    found = stage.deployer.change_set(str(stage.step["change_set"]["id"]))
    return found.condition in (ChangeSetCondition.READY, ChangeSetCondition.EMPTY)


def _back(way: str, says: str) -> dict[str, Any]:
    return {"outcome": "rolling_back", "says": says, "way": way}


def _done(says: str) -> dict[str, Any]:
    return {"outcome": "nothing_to_do", "says": says}
