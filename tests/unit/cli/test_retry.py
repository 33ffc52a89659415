"""`retry` starts the workflow with what the story's pipeline then takes as an operator's word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.handlers.story import Story
from towpath.cli import retry
from towpath.cli.main import main
from towpath.promotion.ports import LedgerReader

FAILED = {"outcome": "failed", "verdict": {"outcome": "refused", "reasons": [{"code": "x", "message": "No."}]}}


class Starter:
    """Step Functions, as far as the command asks it."""

    def __init__(self) -> None:
        self.started: list[Mapping[str, Any]] = []

    def start_execution(self, **wanted: Any) -> dict[str, str]:
        self.started.append(wanted)
        return {"executionArn": f"arn:{wanted['name']}"}


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch) -> Starter:
    starter = Starter()

    class Ports:
        def client(self, _service: str) -> Starter:
            return starter

    monkeypatch.setattr(retry, "own_runtime", Ports)
    return starter


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    story = Story(RunProbes=FAILED)

    def given(_table: str | None) -> LedgerReader:
        return story.runtime.ledger

    monkeypatch.setattr(retry, "ledger", given)
    return story


def test_a_stopped_release_is_promoted_again(
    story: Story, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    story.release(story.upload())
    story.script = {}
    capsys.readouterr()
    assert main(["retry", "orders", "1.2.0", "--workflow", "arn:promote"]) == 0
    assert capsys.readouterr().out == "orders 1.2.0 is promoted again: towpath watch orders 1.2.0\n"
    wanted = starter.started[0]
    assert wanted["stateMachineArn"] == "arn:promote"
    assert wanted["name"].startswith("orders-1.2.0-again-")
    assert story.release(json.loads(wanted["input"])).status == "SUCCEEDED"


@pytest.mark.parametrize(("version", "words"), [("9.9.9", "never registered"), ("1.2.0", "is promoted; only")])
def test_what_is_not_promoted_again(
    story: Story, starter: Starter, version: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    story.script = {}
    story.release(story.upload())
    assert main(["retry", "orders", version, "--workflow", "arn:promote"]) == 1
    assert words in capsys.readouterr().err
    assert starter.started == []
