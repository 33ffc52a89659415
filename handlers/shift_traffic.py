"""Starts to move the traffic of every alias under rollout to the new version of its function.

Output: outcome `shifting` with `deployments` (their ids), or `nothing_to_shift`.
"""

from typing import Any

from towpath.aws.stage import Stage, shift_token
from towpath.aws.step import Step, promotion_step
from towpath.promotion.records import PromotionState
from towpath.release.manifest import Rollout
from towpath.traffic.ports import Shift
from towpath.traffic.strategy import Strategy, at_least
from towpath.traffic.versions import published_version


@promotion_step(PromotionState.SHIFTING)
def handler(step: Step) -> dict[str, Any]:
    stage = Stage(step)
    shifts = [shift for rollout in stage.progressive if (shift := _shift(stage, rollout)) is not None]
    if not shifts:
        return {"outcome": "nothing_to_shift", "says": "No alias has a new version to shift to.", "deployments": []}
    deployments = [stage.router.begin(shift, shift_token(step, shift.group)) for shift in shifts]
    moves = "; ".join(
        f"{shift.function} from version {shift.current_version} to {shift.target_version}, {shift.strategy.name}"
        for shift in shifts
    )
    return {"outcome": "shifting", "says": f"Traffic is shifting: {moves}.", "deployments": deployments}


def _shift(stage: Stage, rollout: Rollout) -> Shift | None:
    before = stage.before.aliases.get(rollout.function)
    if before is None:
        # A first deployment: its alias was created on the new version and has nothing to shift from.
        return None
    target = published_version(before.function, stage.names.values())
    if not target or target == before.version:
        return None
    minimum = Strategy.parse(stage.environment.minimum_rollout)
    return Shift(
        group=stage.shift_group(rollout),
        function=before.function,
        alias=before.alias,
        current_version=before.version,
        target_version=target,
        strategy=at_least(Strategy.parse(rollout.strategy), minimum),
        # An alarm of the stack is named by its logical id; one from elsewhere by its own name.
        alarms=tuple(stage.names.get(alarm, alarm) for alarm in rollout.alarms),
    )
