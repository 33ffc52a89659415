"""Lets a plan wait for a person: the token that the workflow waits with goes into the ledger, beside the plan's digest.

Input: `promotion, fence, plan, token`. Output: outcome `asked`; the workflow goes on with what `decide_approval` says.
"""

from typing import Any

from towpath.aws.step import Step, promotion_step
from towpath.errors import Terminal
from towpath.promotion.approval import Approvals
from towpath.promotion.records import PromotionState


@promotion_step(PromotionState.AWAITING_APPROVAL)
def handler(step: Step) -> dict[str, Any]:
    runtime, digest = step.runtime, str(step["plan"]["digest"])
    plan = runtime.ledger.plan(digest)
    if plan is None or plan.promotion.id != step.promotion.id:
        raise Terminal(f"the plan {digest} is not one of the promotion {step.promotion.id}")
    approvals = Approvals(runtime.ledger, runtime.executions, runtime.announcer, runtime.settings)
    return {"outcome": "asked", "says": approvals.ask(plan, str(step["token"]), runtime.clock.now())}
