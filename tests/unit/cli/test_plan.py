"""`plan` on a plan that waits for a person: what a reviewer reads before saying yes or no."""

from __future__ import annotations

import json

import pytest

from tests.fakes.voices import MORNING
from tests.handlers.story import PLAN, Story
from tests.unit.cli.test_following import waiting
from tests.unit.review.test_rendering import plan as document
from towpath.cli import named_plan, plan
from towpath.cli.main import main
from towpath.promotion.ports import DocumentStore, LedgerReader


@pytest.fixture(autouse=True)
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    story = Story()
    waiting(story)
    story.runtime.fake_documents.kept["documents/plan/1"] = json.dumps(document()).encode()

    def given(_table: str | None) -> LedgerReader:
        return story.runtime.ledger

    def kept(_bucket: str | None) -> DocumentStore:
        return story.runtime.documents

    monkeypatch.setattr(plan, "ledger", given)
    monkeypatch.setattr(plan, "documents", kept)
    monkeypatch.setattr(named_plan, "oldest_in_flight", lambda: MORNING)
    return story


def test_a_plan_is_found_by_its_first_characters_and_reads_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["plan", PLAN[:16].upper()]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Plan: orders 1.1.0 into staging\n=")
    assert "Privileges\n----------\n" in shown
    assert "Changed: Queue (AWS::SQS::Queue)" in shown


def test_a_plan_as_markdown_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["plan", PLAN, "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# Plan: orders 1.1.0 into staging")
    assert main(["plan", PLAN, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == document()


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("aaaa", "give at least 8"),
        ("not-hexadecimal", "is no plan's digest"),
        ("b" * 16, "No plan that begins with bbbbbbbbbbbbbbbb waits for an approval"),
        ("b" * 64, "There is no plan bbbb"),
    ],
)
def test_a_plan_that_is_not_there(named: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["plan", named]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "`towpath status` shows those that wait" in told
