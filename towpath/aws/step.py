"""What every step of a promotion does besides its own work: read its input, prove its hold, log, write the timeline.

A step gets `{promotion, fence, …}` and answers `{outcome, says, …}`; `says` is one sentence that a person can read, and
it goes into the ledger's timeline of the promotion. A step whose promotion has lost the environment does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from aws_lambda_powertools.logging import Logger

from towpath.aws.runtime import Runtime, runtime
from towpath.errors import MalformedEvent, TowpathError
from towpath.promotion.records import Hold, Promotion, PromotionState, hold_of

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
logger = Logger(service="towpath")


@dataclass(frozen=True, slots=True)
class Step:
    """One invocation: the promotion, its fence, the rest of the input, and the ports."""

    promotion: Promotion
    fence: int
    event: Mapping[str, Any]
    runtime: Runtime

    @property
    def hold(self) -> Hold:
        return hold_of(self.promotion, self.fence)

    def __getitem__(self, name: str) -> Any:
        """A further field of the input. Raises MalformedEvent when it is not there."""
        if name not in self.event:
            raise MalformedEvent(f"the input has no field {name!r}")
        return self.event[name]


def promotion_step(
    state: PromotionState, *, holds: bool = True
) -> Callable[[Callable[[Step], dict[str, Any]]], Handler]:
    """A Lambda handler from a function of a `Step`. `holds=False`: it may run without holding the environment."""

    def decorate(function: Callable[[Step], dict[str, Any]]) -> Handler:
        @wraps(function)
        def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
            step = read(event)
            logger.append_keys(correlation_id=step.promotion.chain, promotion=step.promotion.id, fence=step.fence)
            if holds:
                step.runtime.ledger.check_hold(step.hold)
            result = logged(function, step)
            step.runtime.ledger.note(step.promotion, state, str(result["says"]), step.runtime.clock.now())
            return result

        return handler

    return decorate


def read(event: Mapping[str, Any]) -> Step:
    """The step that an input describes. Raises MalformedEvent."""
    try:
        promotion = Promotion.from_json(event["promotion"])
        return Step(promotion, int(event.get("fence") or 0), event, runtime())
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"the input is not that of a promotion's step: {error!r}") from error


def logged(function: Callable[[Step], dict[str, Any]], step: Step) -> dict[str, Any]:
    """The function's result, with one line in the log for how it ended. Inputs are not logged: they may hold tokens."""
    try:
        result = function(step)
    except TowpathError as error:
        logger.error("the step failed", error=type(error).__name__, reason=str(error))
        raise
    logger.info("the step ended", outcome=result.get("outcome"), says=result.get("says"))
    return result
