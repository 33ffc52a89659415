"""`status`, `history` and `watch` on ledgers that whole stories have written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.voices import MORNING
from tests.handlers.story import PLAN, Story, call
from tests.handlers.test_stories import Aborted
from towpath.cli import history, layout, status, watch
from towpath.cli.main import main
from towpath.promotion.ports import LedgerReader
from towpath.promotion.records import PlanState

VERDICT = {"outcome": "refused", "reasons": [{"code": "x", "message": "No."}]}


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    story = Story()

    def given(_table: str | None) -> LedgerReader:
        return story.runtime.ledger

    for module in (status, history, watch):
        monkeypatch.setattr(module, "ledger", given)
    monkeypatch.setattr(watch, "PAUSE", 0.0)
    monkeypatch.setattr(status, "oldest_in_flight", lambda: MORNING)
    return story


def waits(payload: dict[str, Any]) -> Any:
    """An approval that is requested and not given: the story stands still there."""
    call("request_approval", payload)
    raise Aborted


def waiting(story: Story) -> None:
    story.release(story.upload("1.2.0"))
    story.runtime.fake_artifacts.modified = "2026-11-23T09:10:00Z"
    story.script = {"ReviewChangeSet": {"outcome": "approval_needed"}, "RequestApproval": waits}
    with pytest.raises(Aborted):
        story.release(story.upload("1.3.0"))


def output(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()  # what the story logged
    assert main(arguments) == code
    return capsys.readouterr().out


def test_status_of_nothing(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "status") == "No service has been released yet.\n"
    assert output(capsys, "status", "billing") == "Nothing was ever released as billing.\n"


def test_status_shows_what_is_live_what_moves_and_what_to_run(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    waiting(story)
    shown = output(capsys, "status")
    lines = shown.splitlines()
    assert lines[0].split() == ["SERVICE", "ENVIRONMENT", "LIVE", "SINCE", "(UTC)", "ON", "ITS", "WAY"]
    assert lines[1].startswith("orders   preview      1.2.0  2026-11-23 09:00")
    assert lines[1].endswith("1.3.0 waiting for approval")
    assert [line.split()[1] for line in lines[1:4]] == ["preview", "staging", "production"]
    assert f"towpath approve {PLAN[:16]}" in shown


def test_status_fits_a_terminal_of_eighty_columns(
    story: Story, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(story)
    monkeypatch.setattr(status, "width", lambda: 80)
    assert max(map(len, output(capsys, "status").splitlines())) <= 80


def test_status_as_json(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    waiting(story)
    found = json.loads(output(capsys, "status", "orders", "--json"))
    preview = found["environments"][0]
    assert (preview["live"]["version"], preview["in_flight"][0]["version"]) == ("1.2.0", "1.3.0")
    assert found["waiting"][0]["plan"] == PLAN


def test_history_is_newest_first(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story.release(story.upload("1.2.0"))
    story.release(story.upload("1.3.0", content=b"not a zip"))
    shown = output(capsys, "history", "orders")
    assert shown.splitlines()[0].split()[2:] == ["1.3.0", "(upload)", "rejected"]
    assert "1.2.0  production  live" in shown
    assert len(output(capsys, "history", "orders", "--limit", "1").splitlines()) == 2
    found = json.loads(output(capsys, "history", "orders", "--json"))
    assert len(found["history"]) == 4


def test_history_of_nothing(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Nothing was ever released" in output(capsys, "history", "billing", code=1)
    assert main(["history", "orders", "--limit", "0"]) == 2


def test_watch_tells_the_way_to_the_end(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story.release(story.upload())
    shown = output(capsys, "watch", "orders", "1.2.0")
    lines = shown.splitlines()
    assert "is verified and goes to preview, staging, production" in lines[0]
    assert lines[-1].endswith("orders 1.2.0 is live in preview, staging, production.")
    assert len(lines) == len(set(lines))
    assert all(line[2] == ":" for line in lines)


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ({"RunProbes": {"outcome": "failed", "verdict": VERDICT}}, 1, "stopped in preview"),
        ({"ReviewChangeSet": {"outcome": "refused", "verdict": VERDICT}}, 1, "ReviewChangeSet says."),
    ],
)
def test_watch_tells_why_it_stopped(
    story: Story, capsys: pytest.CaptureFixture[str], script: dict[str, Any], code: int, words: str
) -> None:
    story.script = script
    story.release(story.upload())
    assert words in output(capsys, "watch", "orders", "1.2.0", code=code)


def test_watch_of_a_rejected_upload(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story.release(story.upload(content=b"not a zip"))
    assert "The file is not a zip" in output(capsys, "watch", "orders", "1.2.0", code=1)


def test_watch_of_a_superseded_release(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    old = story.upload("1.2.0")
    story.release(story.upload("1.3.0"))
    story.release(old)
    assert "1.3.0 is newer" in output(capsys, "watch", "orders", "1.2.0", code=4)


def test_watch_stops_at_an_approval_when_told_not_to_wait(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    waiting(story)
    shown = output(capsys, "watch", "orders", "1.3.0", "--no-wait", code=3)
    assert f"towpath approve {PLAN[:16]}" in shown


def test_watch_gives_up_when_the_time_is_over(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["watch", "orders", "9.9.9", "--timeout", "0"]) == 5
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Nothing is known of orders 9.9.9 yet; waiting for its upload")
    assert "Not at its end after 0 seconds" in shown.err


def test_watch_as_json_is_one_object_a_line(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story.release(story.upload())
    documents = [json.loads(line) for line in output(capsys, "watch", "orders", "1.2.0", "--json").splitlines()]
    assert documents[0]["type"] == "Release Verified"
    assert documents[-1]["type"] == "Release Promoted"
    assert {document["type"] for document in documents} >= {"remark", "Promotion Succeeded"}


def test_watch_fits_a_terminal_of_eighty_columns(
    story: Story, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "width", lambda: 80)
    story.release(story.upload())
    assert max(map(len, output(capsys, "watch", "orders", "1.2.0").splitlines())) <= 80


def test_a_plan_that_was_decided_waits_no_more(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    waiting(story)
    plans = story.runtime.fake_ledger.plans
    assert plans[PLAN].state is PlanState.WAITING
    story.runtime.fake_ledger.plans.clear()
    assert "towpath approve" not in output(capsys, "status")


def test_nothing_of_a_release_reaches_the_terminal_unescaped() -> None:
    assert "\x1b" not in layout.folded("", "red \x1b[31malert", 80)
    assert "\x1b" not in layout.table(("A", "B"), [("x\x1b[2J", "y\x1b")], None)
