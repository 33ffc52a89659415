from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.eventing import check_event
from tests.fakes.voices import MORNING
from tests.unit.aws.test_ledger import hold, live
from tests.unit.promotion.test_approval import PLAN, Scene
from towpath.promotion.closing import Ending, close
from towpath.promotion.events import EventKind
from towpath.promotion.records import PlanState, PromotionOutcome

VERDICT = {"outcome": "refused", "reasons": [{"code": "x", "message": "No."}]}


def end(scene: Scene, outcome: PromotionOutcome, says: str = "It ended.") -> PromotionOutcome:
    return close(scene.ledger, scene.announcer, scene.promotion, Ending(outcome, says, {"verdict": VERDICT}), MORNING)


@pytest.mark.parametrize(
    "outcome",
    [
        PromotionOutcome.BLOCKED,
        PromotionOutcome.REJECTED,
        PromotionOutcome.FAILED,
        PromotionOutcome.ROLLED_BACK,
        PromotionOutcome.ROLLBACK_FAILED,
    ],
)
def test_every_end_has_an_event_a_record_and_a_free_environment(outcome: PromotionOutcome) -> None:
    scene = Scene()
    assert end(scene, outcome) is outcome
    check_event(scene.announcer.sent[-1])
    record = scene.ledger.promotion(scene.promotion)
    assert record is not None
    assert (record.outcome, record.says) == (outcome, "It ended.")
    assert scene.ledger.lease("orders", "preview").holder is None


def test_the_first_end_counts_and_is_told_again() -> None:
    scene = Scene()
    end(scene, PromotionOutcome.BLOCKED, "A gate refused.")
    assert end(scene, PromotionOutcome.FAILED, "Its execution ended.") is PromotionOutcome.BLOCKED
    assert [event.kind for event in scene.announcer.sent] == [EventKind.PROMOTION_BLOCKED] * 2
    assert len({event.id for event in scene.announcer.sent}) == 1
    assert {event.says for event in scene.announcer.sent} == {"A gate refused."}


def test_an_end_that_was_cut_short_is_finished() -> None:
    scene = Scene()
    scene.ledger.close_promotion(scene.promotion, PromotionOutcome.BLOCKED, "A gate refused.", MORNING)
    assert end(scene, PromotionOutcome.FAILED) is PromotionOutcome.BLOCKED
    assert scene.announcer.kinds() == [EventKind.PROMOTION_BLOCKED]
    assert scene.ledger.lease("orders", "preview").holder is None


def test_a_plan_that_waited_waits_no_more() -> None:
    scene = Scene()
    scene.ask()
    end(scene, PromotionOutcome.BLOCKED)
    assert scene.ledger.plans[PLAN].state is PlanState.EXPIRED


def test_a_promotion_that_lost_the_environment_leaves_it_to_the_other() -> None:
    scene = Scene()
    other = hold(scene.ledger, scene.promotion.__class__("other", "orders", "1.3.0", "e" * 64, "preview", "c", "arn:o"))
    end(scene, PromotionOutcome.FAILED)
    scene.ledger.check_hold(other)


def test_a_rollback_names_what_serves_again() -> None:
    scene = Scene()
    scene.ledger.lives["orders", "preview"] = replace(live(scene.promotion), promotion="the one before")
    end(scene, PromotionOutcome.ROLLED_BACK)
    event = scene.announcer.sent[-1]
    check_event(event)
    assert event.specifics["previous_version"] == "1.2.0"


def test_what_is_live_has_not_failed_whatever_its_last_step_says() -> None:
    """The ledger took the release as live, then the step broke off, and its retries too."""
    scene = Scene()
    scene.ledger.record_live(live(scene.promotion), hold(scene.ledger, scene.promotion))
    assert end(scene, PromotionOutcome.FAILED, "It lost the environment.") is PromotionOutcome.LIVE
    event = scene.announcer.sent[-1]
    assert event.kind is EventKind.PROMOTION_SUCCEEDED
    check_event(event)
    record = scene.ledger.promotion(scene.promotion)
    assert record is not None
    assert record.outcome is PromotionOutcome.LIVE
