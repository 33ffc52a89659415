"""Records that a release is live in an environment and gives the environment back, in one transaction.

Input: `promotion, fence, plan, deployments`. Output: outcome `live`. Run again after it succeeded, it says the same.
"""

from typing import Any

from towpath.aws.step import Step, promotion_step
from towpath.errors import ReleaseMissing
from towpath.promotion.closing import Ending, close
from towpath.promotion.records import LiveRelease, PromotionOutcome, PromotionState


@promotion_step(PromotionState.CLOSED, holds=False)
def handler(step: Step) -> dict[str, Any]:
    promotion, ledger, now = step.promotion, step.runtime.ledger, step.runtime.clock.now()
    live = _live(step)
    plan = ledger.plan(str(step["plan"]["digest"]))
    ledger.record_live(live, step.hold, plan.expansions if plan is not None else ())
    before = f", in place of {live.previous_version}" if live.previous_version else ""
    says = f"{promotion.service} {promotion.version} is live in {promotion.environment}{before}."
    specifics = {"plan": step["plan"]["digest"]}
    if live.previous_version:
        specifics |= {"previous_version": live.previous_version, "previous_digest": live.previous_digest}
    close(ledger, step.runtime.announcer, promotion, Ending(PromotionOutcome.LIVE, says, specifics), now)
    return {"outcome": "live", "says": says}


def _live(step: Step) -> LiveRelease:
    promotion, ledger = step.promotion, step.runtime.ledger
    known = ledger.live(promotion.service, promotion.environment)
    if known is not None and known.promotion == promotion.id:
        return known
    record = ledger.release(promotion.service, promotion.version)
    if record is None:
        raise ReleaseMissing(f"{promotion.service} {promotion.version} is not in the ledger")
    return LiveRelease(
        service=promotion.service,
        environment=promotion.environment,
        version=promotion.version,
        digest=promotion.digest,
        promotion=promotion.id,
        since=step.runtime.clock.now(),
        order=record.release.order,
        previous_version=known.version if known is not None else "",
        previous_digest=known.digest if known is not None else "",
        details={"deployments": step.event.get("deployments") or []},
    )
