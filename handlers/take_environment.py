"""Tries to take the environment for a promotion; nothing else happens there before this says `taken`.

Asked again by the one that has it, before it begins to change things, it says `taken` or, outside the windows,
`closed`. Input: `promotion, fence`. Output: outcome `taken` with `fence`, `waiting` (another one has it), `closed`
(outside its windows), `superseded` (a newer release is or will be there) or `unchanged` (this release is live).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from towpath.aws.step import Step, promotion_step
from towpath.errors import Misconfigured, ReleaseMissing
from towpath.promotion.closing import Ending, close
from towpath.promotion.events import EventKind, of_promotion
from towpath.promotion.lease import Bid, TakeOutcome, Taking, take
from towpath.promotion.records import Contender, PromotionOutcome, PromotionState, Release

if TYPE_CHECKING:
    from datetime import datetime

    from towpath.promotion.settings import Environment


@promotion_step(PromotionState.WAITING, holds=False)
def handler(step: Step) -> dict[str, Any]:
    promotion, runtime = step.promotion, step.runtime
    now = runtime.clock.now()
    environment, release = _environment(step), _release(step)
    if step.fence:
        return _still_ours(step, environment)
    runtime.ledger.open_promotion(promotion, f"{promotion.version} is on its way to {promotion.environment}.", now)
    bid = Bid(Contender(promotion.id, promotion.execution, release.order), promotion.digest, environment.is_open(now))
    taking = take(runtime.ledger, (promotion.service, promotion.environment), bid, runtime.executions.is_running)
    if taking.outcome is not TakeOutcome.TAKEN:
        return _not_taken(step, environment, taking)
    fence = taking.lease.fence if taking.lease is not None else 0
    says = f"{promotion.version} has the environment {promotion.environment}."
    if taking.reclaimed:
        says += f" The execution of {taking.reclaimed}, which held it, had ended."
        _close(step, taking.reclaimed, now)
    specifics = {"fence": fence, **({"reclaimed": taking.reclaimed} if taking.reclaimed else {})}
    runtime.announcer.announce(of_promotion(EventKind.PROMOTION_STARTED, promotion, says, now, specifics))
    return {"outcome": "taken", "says": says, "fence": fence}


def _close(step: Step, dead: str, now: datetime) -> None:
    """Close the promotion whose end nobody was told of; for one that is closed, nothing happens."""
    runtime, own = step.runtime, step.promotion
    record = runtime.ledger.promotion(replace(own, id=dead, execution="", started=""))
    if record is not None and record.outcome is None:
        says = f"Its execution ended without a word; {own.id} has the environment {own.environment} now."
        close(runtime.ledger, runtime.announcer, record.promotion, Ending(PromotionOutcome.FAILED, says), now)


def _still_ours(step: Step, environment: Environment) -> dict[str, Any]:
    step.runtime.ledger.check_hold(step.hold)
    now = step.runtime.clock.now()
    if not environment.is_open(now):
        return {"outcome": "closed", "says": _closed(environment, now), "fence": step.fence}
    return {"outcome": "taken", "says": f"{environment.name} is open.", "fence": step.fence}


def _not_taken(step: Step, environment: Environment, taking: Taking) -> dict[str, Any]:
    place, version = step.promotion.environment, taking.because_of
    now = step.runtime.clock.now()
    if taking.outcome is TakeOutcome.SUPERSEDED:
        says = f"{version} is newer than {step.promotion.version} and goes ahead in {place}."
        return {"outcome": "superseded", "says": says, "by": version}
    if taking.outcome is TakeOutcome.UNCHANGED:
        return {"outcome": "unchanged", "says": f"{step.promotion.version} is live in {place} already."}
    if not environment.is_open(now):
        return {"outcome": "closed", "says": _closed(environment, now)}
    return {"outcome": "waiting", "says": f"Waiting for {place}: {version} has it."}


def _closed(environment: Environment, now: datetime) -> str:
    return f"{environment.name} is closed until {environment.opens_at(now):%a %Y-%m-%d %H:%M} UTC."


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
