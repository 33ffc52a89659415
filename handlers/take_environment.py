"""Tries to take the environment for a promotion; nothing else happens there before this says `taken`.

Input: `promotion`. Output: outcome `taken` with `fence`, `waiting` (another promotion has it), `closed` (outside its
windows), `superseded` (a newer release is or will be there) or `unchanged` (this very release is live there).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from towpath.aws.step import Step, promotion_step
from towpath.errors import Misconfigured, ReleaseMissing
from towpath.promotion.events import EventKind, of_promotion
from towpath.promotion.lease import Bid, TakeOutcome, Taking, take
from towpath.promotion.records import Contender, PromotionState, Release

if TYPE_CHECKING:
    from towpath.promotion.settings import Environment


@promotion_step(PromotionState.WAITING, holds=False)
def handler(step: Step) -> dict[str, Any]:
    promotion, runtime = step.promotion, step.runtime
    now = runtime.clock.now()
    environment, release = _environment(step), _release(step)
    runtime.ledger.open_promotion(promotion, f"{promotion.version} is on its way to {promotion.environment}.", now)
    bid = Bid(Contender(promotion.id, promotion.execution, release.order), promotion.digest, environment.is_open(now))
    taking = take(runtime.ledger, (promotion.service, promotion.environment), bid, runtime.executions.is_running)
    if taking.outcome is not TakeOutcome.TAKEN:
        return _not_taken(step, environment, taking)
    fence = taking.lease.fence if taking.lease is not None else 0
    says = f"{promotion.version} has the environment {promotion.environment}."
    if taking.reclaimed:
        says += f" The execution of {taking.reclaimed}, which held it, had ended."
    specifics = {"fence": fence, **({"reclaimed": taking.reclaimed} if taking.reclaimed else {})}
    runtime.announcer.announce(of_promotion(EventKind.PROMOTION_STARTED, promotion, says, now, specifics))
    return {"outcome": "taken", "says": says, "fence": fence}


def _not_taken(step: Step, environment: Environment, taking: Taking) -> dict[str, Any]:
    place, version = step.promotion.environment, taking.because_of
    now = step.runtime.clock.now()
    if taking.outcome is TakeOutcome.SUPERSEDED:
        says = f"{version} is newer than {step.promotion.version} and goes ahead in {place}."
        return {"outcome": "superseded", "says": says, "by": version}
    if taking.outcome is TakeOutcome.UNCHANGED:
        return {"outcome": "unchanged", "says": f"{step.promotion.version} is live in {place} already."}
    if not environment.is_open(now):
        says = f"{place} is closed until {environment.opens_at(now):%a %Y-%m-%d %H:%M} UTC."
        return {"outcome": "closed", "says": says}
    return {"outcome": "waiting", "says": f"Waiting for {place}: {version} has it."}


def _environment(step: Step) -> Environment:
    environment = step.runtime.settings.environments.get(step.promotion.environment)
    if environment is None:
        raise Misconfigured(f"the settings have no environment {step.promotion.environment!r}")
    return environment


def _release(step: Step) -> Release:
    promotion = step.promotion
    record = step.runtime.ledger.release(promotion.service, promotion.version)
    if record is None or record.release.digest != promotion.digest:
        raise ReleaseMissing(f"{promotion.service} {promotion.version} ({promotion.digest}) is not in the ledger")
    return record.release
