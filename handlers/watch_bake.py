"""Watches the alarms of the rollout while the new version bakes with all of the traffic.

`since` in the input is when the baking began (ISO 8601). Output: outcome `baking`, `baked` or
`failed` (with `verdict`).
"""

from datetime import timedelta
from typing import Any

from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.promotion.records import PromotionState, to_moment
from towpath.verdict import Reason, Verdict


@promotion_step(PromotionState.BAKING)
def handler(step: Step) -> dict[str, Any]:
    stage = Stage(step)
    alarms = {stage.names.get(alarm, alarm) for rollout in stage.manifest.rollout for alarm in rollout.alarms}
    firing = stage.router.firing_alarms(sorted(alarms))
    if firing:
        reason = Reason(
            "alarm-while-baking",
            f"the alarm {', '.join(firing)} fires while the new version bakes.",
            where=stage.environment.name,
            remedy="Find out what the alarm saw in the new version, and publish a corrected one.",
        )
        return {"outcome": "failed", "says": str(reason), "verdict": Verdict.refused(reason).to_json()}
    until = to_moment(str(step["since"])) + timedelta(minutes=stage.environment.bake_minutes)
    if step.runtime.clock.now() < until:
        return {"outcome": "baking", "says": f"The new version bakes until {until:%H:%M:%S} UTC."}
    return {"outcome": "baked", "says": f"The new version has baked for {stage.environment.bake_minutes:g} minutes."}
