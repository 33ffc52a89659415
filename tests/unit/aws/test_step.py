"""What every step does besides its work: it reads its input, proves its hold, writes the timeline, keeps secrets."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.runtime import FakeRuntime
from tests.fakes.voices import MORNING
from tests.unit.aws.test_ledger import hold
from tests.unit.promotion.test_records import release
from towpath.aws.runtime import replaced
from towpath.aws.step import Step, logger, promotion_step
from towpath.errors import LeaseLost, MalformedEvent, RefusedByAws
from towpath.promotion.records import Promotion, PromotionState

MINE = replace(Promotion.of(release(), "preview", "arn:1"), execution="arn:mine", started="2026-11-23T09:00:00.000Z")


@pytest.fixture
def runtime() -> Iterator[FakeRuntime]:
    found = FakeRuntime()
    found.fake_ledger.open_promotion(MINE, "On its way.", MORNING)
    with replaced(found):
        yield found


@promotion_step(PromotionState.BAKING)
def look(step: Step) -> dict[str, Any]:
    return {"outcome": "baking", "says": f"It bakes, {step['warmth']}."}


def given(fence: int, **more: Any) -> dict[str, Any]:
    return {"promotion": MINE.to_json(), "fence": fence, "warmth": "slowly", **more}


def test_a_step_writes_what_it_says_into_the_timeline(runtime: FakeRuntime) -> None:
    fence = hold(runtime.fake_ledger, MINE).fence
    assert look(given(fence), None)["outcome"] == "baking"
    record = runtime.fake_ledger.promotion(MINE)
    assert record is not None
    assert (record.state, record.says) == (PromotionState.BAKING, "It bakes, slowly.")


def test_a_step_without_the_environment_does_nothing(runtime: FakeRuntime) -> None:
    fence = hold(runtime.fake_ledger, MINE).fence
    with pytest.raises(LeaseLost):
        look(given(fence - 1), None)
    with pytest.raises(LeaseLost):
        look({**given(fence), "fence": None}, None)
    record = runtime.fake_ledger.promotion(MINE)
    assert record is not None
    assert len(record.timeline) == 1


@pytest.mark.parametrize("event", [{}, {"promotion": {}}, {"promotion": 7}, {**given(1), "fence": "many"}])
def test_an_input_of_another_shape_is_refused(runtime: FakeRuntime, event: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        look(event, None)


def test_a_field_that_is_not_there_is_named(runtime: FakeRuntime) -> None:
    event = given(hold(runtime.fake_ledger, MINE).fence)
    del event["warmth"]
    with pytest.raises(MalformedEvent, match="warmth"):
        look(event, None)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written


def test_the_log_has_the_chain_and_no_token(runtime: FakeRuntime, log: io.StringIO) -> None:
    fence = hold(runtime.fake_ledger, MINE).fence
    look(given(fence, token="very-secret-token"), None)
    line = json.loads(log.getvalue())
    assert (line["correlation_id"], line["promotion"], line["outcome"]) == ("chain", MINE.id, "baking")
    assert "very-secret" not in log.getvalue()


def test_an_error_is_logged_by_its_name_and_raised(runtime: FakeRuntime, log: io.StringIO) -> None:
    @promotion_step(PromotionState.BAKING)
    def refused(_step: Step) -> dict[str, Any]:
        raise RefusedByAws("no", "AccessDenied")

    with pytest.raises(RefusedByAws):
        refused(given(hold(runtime.fake_ledger, MINE).fence), None)
    assert json.loads(log.getvalue())["error"] == "RefusedByAws"
