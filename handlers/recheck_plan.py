"""Makes sure, just before executing, that the plan still is what it was when it was reviewed, and that it may go on.

Where a gate asks for a person, the ledger's approval of this very plan counts, not that the workflow was let go on: a
task token is a secret that travels.

Output: outcome `unchanged`, or `moved`: then the change set is discarded, the plan is voided with its approval, and the
promotion has to be planned anew.
"""

from typing import Any

from towpath.aws.reviewing import carried_into, plan_of
from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.promotion.approval import Approvals
from towpath.promotion.records import PlanState, PromotionState
from towpath.review.gates import Decision
from towpath.review.ports import ChangeSetCondition
from towpath.review.snapshot import AliasBefore


@promotion_step(PromotionState.REVIEWING)
def handler(step: Step) -> dict[str, Any]:
    stage, change_set = Stage(step), str(step["change_set"]["id"])
    found = stage.deployer.change_set(change_set)
    if found.condition not in (ChangeSetCondition.READY, ChangeSetCondition.EMPTY):
        return _moved(stage, change_set, f"the change set cannot be executed any more: {found.reason}")
    plan = plan_of(stage, found, carried_into(step))
    if plan.digest != step["plan"]["digest"]:
        return _moved(stage, change_set, "what would happen is no longer what the plan says")
    if plan.decision is not Decision.PASSED and not _is_approved(step):
        return _moved(stage, change_set, "the plan needs an approval, and nobody has approved it")
    shifted = [found.alias for found in stage.before.aliases.values() if not _still_there(stage, found)]
    if shifted:
        # The change set sets the version that took the traffic then: executed now, it would move it back.
        return _moved(stage, change_set, f"traffic of the alias {', '.join(shifted)} has moved")
    return {"outcome": "unchanged", "says": "Nothing has moved since the review."}


def _is_approved(step: Step) -> bool:
    plan = step.runtime.ledger.plan(str(step["plan"]["digest"]))
    return plan is not None and plan.state is PlanState.APPROVED and plan.promotion.id == step.promotion.id


def _still_there(stage: Stage, before: AliasBefore) -> bool:
    now = stage.router.alias(before.function, before.alias)
    return now is not None and now.is_whole and now.version == before.version


def _moved(stage: Stage, change_set: str, why: str) -> dict[str, Any]:
    stage.deployer.discard(stage.stack, change_set)
    _void(stage.step, why)
    return {"outcome": "moved", "says": f"Something moved since the review: {why}. The promotion is planned anew."}


def _void(step: Step, why: str) -> None:
    runtime = step.runtime
    plan = runtime.ledger.plan(str(step["plan"]["digest"]))
    if plan is not None:
        approvals = Approvals(runtime.ledger, runtime.executions, runtime.announcer, runtime.settings)
        approvals.void(plan, why, runtime.clock.now())
