"""Closes what an execution left open when it failed, timed out or was aborted; for one that closed all itself, nothing.

Input: EventBridge's `Step Functions Execution Status Change` of either workflow. These events are best effort; what
they miss, the next promotion into the environment finds: it asks whether the holder still runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from towpath.aws.runtime import Runtime, runtime
from towpath.aws.stage import Stage, change_set_name
from towpath.aws.step import Step, logger
from towpath.errors import TowpathError
from towpath.promotion.closing import Ending, close, is_closed
from towpath.promotion.records import Promotion, PromotionOutcome, PromotionState, ReleaseState, to_text
from towpath.promotion.release_ending import ReleaseEnding, end_release
from towpath.promotion.uploads import Uploaded, read_upload
from towpath.review.ports import StackCondition

_BEFORE_CHANGES = frozenset({PromotionState.WAITING, PromotionState.REVIEWING, PromotionState.AWAITING_APPROVAL})
_ENDED = {"FAILED": "failed", "TIMED_OUT": "took too long", "ABORTED": "was aborted"}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    detail: Mapping[str, Any] = event["detail"]
    if detail["status"] not in _ENDED:
        return {"outcome": "ignored", "says": f"An execution that is {detail['status']} needs nothing."}
    ports, execution = runtime(), str(detail["executionArn"])
    given: Mapping[str, Any] = json.loads(detail.get("input") or "{}")
    says = f"The execution {execution.rsplit(':', 1)[-1]} {_ENDED[detail['status']]}."
    if "promotion" in given:
        return _promotion(ports, _started(given["promotion"], execution, ports), says)
    uploaded = read_upload(given) if "detail" in given else None
    if uploaded is None:
        return _nothing()
    if ports.ledger.release(uploaded.service, uploaded.version) is None and _died(detail):
        ending = ReleaseEnding(uploaded.unverified(), execution, "stopped", says, {"outcome": "failed"})
        end_release(ports.ledger, ports.announcer, ending, ports.clock.now())
        return {"outcome": "stopped", "says": says}
    return _release(ports, uploaded, execution, says)


def _died(detail: Mapping[str, Any]) -> bool:
    """Whether the execution ended without a word: from outside, or by an error that no Catch sees.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html: `States.DataLimitExceeded` and
    `States.Runtime` are not caught by `States.ALL`.
    """
    return detail["status"] != "FAILED" or str(detail.get("error") or "").startswith("States.")


def _started(document: Mapping[str, Any], execution: str, ports: Runtime) -> Promotion:
    """The promotion as its own steps know it: with its execution and the start that is in its key."""
    given = Promotion.from_json({**document, "execution": execution})
    record = ports.ledger.promotion(given)
    started = record.promotion.started if record is not None else to_text(ports.clock.now())
    return Promotion.from_json({**given.to_json(), "started": started})


def _promotion(ports: Runtime, promotion: Promotion, says: str) -> dict[str, Any]:
    logger.append_keys(correlation_id=promotion.chain, promotion=promotion.id)
    if is_closed(ports.ledger, promotion):
        return _nothing()
    ending = Ending(PromotionOutcome.FAILED, f"{says} {_left_behind(ports, promotion)}")
    outcome = close(ports.ledger, ports.announcer, promotion, ending, ports.clock.now())
    logger.info("reconciled a promotion", outcome=outcome.value)
    return {"outcome": outcome.value, "says": says}


def _left_behind(ports: Runtime, promotion: Promotion) -> str:
    """What is left in the environment, in a sentence, after the change set is discarded where nothing else was done."""
    record = ports.ledger.promotion(promotion)
    if record is not None and record.state not in _BEFORE_CHANGES:
        return f"Stack and traffic of {promotion.environment} were left as they were; look at them."
    try:
        stage = Stage(Step(promotion, 0, {}, ports))
        state = stage.deployer.stack(stage.stack)
        stage.deployer.discard(stage.stack, change_set_name(promotion))
    except (TowpathError, KeyError) as error:
        # The environment must not stay taken because of it: executing another change set deletes this one.
        logger.warning("the change set was not discarded", error=type(error).__name__, reason=str(error))
        name = change_set_name(promotion)
        return f"Nothing was changed, but its change set {name} could not be discarded ({error}); delete it."
    if state.condition is StackCondition.IN_PROGRESS:
        return f"The stack {stage.stack} is {state.status}; look at it."
    return "Nothing was changed, and its change set is discarded."


def _release(ports: Runtime, uploaded: Uploaded, execution: str, says: str) -> dict[str, Any]:
    record = ports.ledger.release(uploaded.service, uploaded.version)
    if record is None or record.execution != execution or record.state is not ReleaseState.PROMOTING:
        return _nothing()
    ending = ReleaseEnding(record.release, execution, "stopped", says, {"outcome": "failed"})
    end_release(ports.ledger, ports.announcer, ending, ports.clock.now())
    logger.info("reconciled a release", correlation_id=record.release.chain)
    return {"outcome": "stopped", "says": says}


def _nothing() -> dict[str, Any]:
    return {"outcome": "ignored", "says": "Nothing was left open."}
