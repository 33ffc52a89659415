"""Looks whether CloudFormation has finished working out a change set.

Output: outcome `ready`, `pending`, `empty` (nothing would change) or `failed` (with `verdict`).
"""

from typing import Any

from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.promotion.records import PromotionState
from towpath.review.ports import ChangeSetCondition
from towpath.verdict import Reason, Verdict


@promotion_step(PromotionState.REVIEWING)
def handler(step: Step) -> dict[str, Any]:
    found = Stage(step).deployer.change_set(str(step["change_set"]["id"]))
    match found.condition:
        case ChangeSetCondition.READY:
            return {
                "outcome": "ready",
                "says": f"The change set is ready: {len(found.changes)} resources would change.",
            }
        case ChangeSetCondition.PENDING:
            return {"outcome": "pending", "says": "CloudFormation is still working out what would change."}
        case ChangeSetCondition.EMPTY:
            return {"outcome": "empty", "says": "Nothing in the stack would change."}
        case ChangeSetCondition.FAILED | ChangeSetCondition.GONE | ChangeSetCondition.EXECUTED:
            reason = Reason(
                "change-set-failed",
                f"CloudFormation cannot make this change: {found.reason}",
                where=str(step["change_set"]["stack"]),
                remedy="Correct the template or its parameters, and publish a new version.",
            )
            verdict = Verdict.refused(reason).to_json()
            return {"outcome": "failed", "says": str(reason), "verdict": verdict}
