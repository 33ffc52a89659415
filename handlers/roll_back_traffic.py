"""Takes the traffic back to the version that had it before the promotion, and leaves no split alias behind.

Output: outcome `rolling_back` (ask again) or `rolled_back`. A deployment that still runs is stopped and rolled back by
CodeDeploy; whatever an alias is after that, it ends whole, on the version that the snapshot names.
"""

from typing import Any

from towpath.aws.stage import Stage, shift_token
from towpath.aws.step import Step, promotion_step
from towpath.promotion.records import PromotionState
from towpath.traffic.ports import ShiftCondition


@promotion_step(PromotionState.ROLLING_BACK)
def handler(step: Step) -> dict[str, Any]:
    stage = Stage(step)
    states = [stage.router.state(deployment) for deployment in _deployments(stage)]
    moving = [state for state in states if state.condition is ShiftCondition.SHIFTING]
    for state in moving:
        if not state.rollback:
            stage.router.stop(state.deployment)
    if moving:
        return {"outcome": "rolling_back", "says": "Traffic is on its way back to the previous version."}
    restored = [name for name in stage.before.aliases if _restore(stage, name)]
    back = f"Traffic of {', '.join(restored)} is back" if restored else "All traffic is"
    return {"outcome": "rolled_back", "says": f"{back} on the previous version."}


def _deployments(stage: Stage) -> list[str]:
    """All shifts of this promotion, also those that began in a step whose answer was lost."""
    known: list[str] = stage.step.event.get("deployments") or []
    groups = [stage.shift_group(rollout) for rollout in stage.progressive]
    begun = [stage.router.find(group, shift_token(stage.step, group)) for group in groups]
    return sorted({*known, *filter(None, begun)})


def _restore(stage: Stage, name: str) -> bool:
    before = stage.before.aliases[name]
    now = stage.router.alias(before.function, before.alias)
    if now is None or (now.is_whole and now.version == before.version):
        return False
    stage.router.restore(before.function, before.alias, before.version)
    return True
