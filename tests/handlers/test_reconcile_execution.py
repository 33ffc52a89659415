"""What is cleared up after an execution that was aborted, wherever it stood, and what is left for a person."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.deployer import FakeStack, InMemoryDeployer
from tests.handlers.scene import Scene
from towpath.errors import RefusedByAws
from towpath.promotion.events import EventKind
from towpath.promotion.records import PlanState, PromotionOutcome
from towpath.review.ports import ChangeSetCondition


def aborted(scene: Scene, status: str = "ABORTED") -> str:
    """Reconcile the scene's promotion; what its record says in the end."""
    promotion = replace(scene.promotion, execution="", started="")
    detail = {
        "status": status,
        "executionArn": "arn:execution",
        "input": json.dumps({"promotion": promotion.to_json()}),
    }
    scene.runtime.fake_executions.ended.add("arn:execution")
    with scene.on_stage():
        from handlers.reconcile_execution import handler

        assert handler({"detail": detail}, None)["outcome"] == "failed"
        assert handler({"detail": detail}, None)["outcome"] == "ignored"
    record = scene.ledger.promotion(scene.promotion)
    assert record is not None
    assert record.outcome is PromotionOutcome.FAILED
    assert scene.ledger.lease("orders", "preview").holder is None
    (event,) = [event for event in scene.runtime.fake_announcer.sent if event.kind is EventKind.PROMOTION_FAILED]
    assert event.says == record.says
    return record.says


def waiting(scene: Scene) -> None:
    scene.reviewed()
    scene.call("request_approval", token="t-1")


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT", "FAILED"])
@pytest.mark.parametrize("until", [Scene.created, Scene.reviewed, waiting])
def test_before_anything_changed_the_change_set_is_discarded(status: str, until: Any) -> None:
    scene = Scene()
    until(scene)
    assert len(scene.deployer.change_sets) == 1
    assert "change set is discarded" in aborted(scene, status)
    assert scene.deployer.change_sets == {}
    assert scene.deployer.done == []


def test_the_plan_waits_no_more() -> None:
    scene = Scene()
    waiting(scene)
    aborted(scene)
    assert scene.ledger.plan(scene.given["plan"]["digest"]).state is PlanState.EXPIRED  # type: ignore[union-attr]


def test_the_change_set_of_another_promotion_stays() -> None:
    scene = Scene()
    scene.created()
    (mine,) = scene.deployer.change_sets
    scene.deployer.change_sets["arn:change-set:orders/towpath-other"] = scene.deployer.change_sets[mine]
    aborted(scene)
    assert list(scene.deployer.change_sets) == ["arn:change-set:orders/towpath-other"]


def test_the_empty_stack_of_a_first_release_is_taken_over_by_the_next_promotion() -> None:
    scene = Scene(first=True)
    scene.created()
    aborted(scene)
    assert scene.deployer.change_sets == {}
    assert scene.deployer.stacks["orders"].status == "REVIEW_IN_PROGRESS"
    again = Scene(first=True)
    again.deployer.stacks["orders"] = FakeStack("REVIEW_IN_PROGRESS")
    assert again.created()["type"] == "CREATE"
    assert again.call("discard_change_set")["outcome"] == "discarding"
    assert again.deployer.done == ["delete orders"]


def test_a_promotion_that_had_begun_is_left_where_it_stood() -> None:
    scene = Scene()
    scene.shifting()
    assert "left as they were; look at them" in aborted(scene)
    assert scene.traffic.aliases["orders-api", "live"].weights


def test_a_change_set_that_is_being_executed_is_told_apart() -> None:
    """The step was cut off between asking CloudFormation and writing its line into the ledger."""
    scene = Scene()
    scene.created()
    (arn,) = scene.deployer.change_sets
    scene.deployer.set_change_set(arn, ChangeSetCondition.EXECUTED)
    scene.deployer.stacks["orders"].status = "UPDATE_IN_PROGRESS"
    assert "UPDATE_IN_PROGRESS; look at it" in aborted(scene)
    assert arn in scene.deployer.change_sets


def test_an_environment_is_not_kept_because_its_change_set_cannot_be_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise RefusedByAws("the role may not be assumed", "AccessDenied")

    scene = Scene()
    scene.created()
    monkeypatch.setattr(InMemoryDeployer, "discard", refused)
    says = aborted(scene)
    assert "could not be discarded (the role may not be assumed" in says
    assert "towpath-orders-1-2-0-preview" in says
