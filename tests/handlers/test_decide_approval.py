"""The decision handler's own part: who is asking, what a body must be, and which HTTP status says what."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from handlers.decide_approval import handler
from tests.fakes.runtime import FakeRuntime
from tests.unit.promotion.test_approval import ALICE, MALLORY, PLAN, Scene
from towpath.aws.runtime import replaced

GOOD = {"plan": PLAN, "decision": "approved"}


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    scene.ask()
    runtime = FakeRuntime(ledger=scene.ledger, executions=scene.executions, announcer=scene.announcer)
    with replaced(runtime):
        yield scene


def decide(body: Any, by: str | None = ALICE, *, encoded: bool = False) -> tuple[int, dict[str, str]]:
    text = body if isinstance(body, str) else json.dumps(body)
    iam = {"authorizer": {"iam": {"userArn": by}}} if by else {}
    event = {"requestContext": iam, "body": base64.b64encode(text.encode()).decode() if encoded else text}
    answer = handler({**event, "isBase64Encoded": encoded}, None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("encoded", [False, True])
def test_a_decision_that_counts(scene: Scene, encoded: bool) -> None:
    assert decide(GOOD, encoded=encoded)[0] == 200
    assert decide(GOOD)[1]["outcome"] == "repeated"


def test_the_body_cannot_say_who_is_asking(scene: Scene) -> None:
    status, body = decide({**GOOD, "by": ALICE, "userArn": ALICE}, by=MALLORY)
    assert status == 403
    assert MALLORY in body["says"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        '"text"',
        "{}",
        {**GOOD, "decision": "maybe"},
        {**GOOD, "plan": 1},
        {**GOOD, "comment": [1]},
    ],
)
def test_a_body_that_is_none(scene: Scene, body: Any) -> None:
    assert decide(body)[0] == 400
    assert scene.executions.answers == {}


def test_a_request_without_an_identity(scene: Scene) -> None:
    assert decide(GOOD, by=None)[0] == 400


@pytest.mark.parametrize(("change", "status"), [({"plan": "b" * 64}, 404), ({"decision": "rejected"}, 409)])
def test_what_does_not_count(scene: Scene, change: dict[str, str], status: int) -> None:
    decide(GOOD)
    assert decide({**GOOD, **change})[0] == status
