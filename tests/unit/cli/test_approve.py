"""`approve` and `reject` against the decision handler behind a real HTTP server, with the signature checked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.fakes.runtime import FakeRuntime
from tests.fakes.voices import MORNING
from tests.handlers.story import PLAN, Story, call
from tests.unit.cli.test_following import waiting
from towpath.aws.runtime import replaced
from towpath.cli import approve, named_plan
from towpath.cli.main import main
from towpath.promotion.ports import LedgerReader

URL = "https://abc123.lambda-url.eu-west-1.on.aws/"
REVIEWER = "arn:aws:sts::111111111111:assumed-role/Reviewer/alice"


class FunctionUrl:
    """A function URL as AWS serves it: it verifies who signed and tells the function."""

    def __init__(self, runtime: FakeRuntime) -> None:
        self.identity: str | None = REVIEWER
        self.requests: list[tuple[dict[str, str], dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.requests.append((dict(self.headers.items()), json.loads(body)))
                if outer.identity is None:
                    self._answer(403, '{"Message": "Forbidden"}')
                    return
                event = {"requestContext": {"authorizer": {"iam": {"userArn": outer.identity}}}, "body": body}
                with replaced(runtime):
                    found = call("decide_approval", event)
                self._answer(found["statusCode"], found["body"])

            def _answer(self, status: int, body: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as in the base class
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    story = Story()
    waiting(story)
    # The story stands still at the approval: its executions go on running.
    story.runtime.fake_executions.ended.clear()

    def given(_table: str | None) -> LedgerReader:
        return story.runtime.ledger

    monkeypatch.setattr(approve, "ledger", given)
    monkeypatch.setattr(named_plan, "oldest_in_flight", lambda: MORNING)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return story


@pytest.fixture
def url(story: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[FunctionUrl]:
    served = FunctionUrl(story.runtime)
    monkeypatch.setenv("AWS_ENDPOINT_URL", served.endpoint)
    monkeypatch.setenv("TOWPATH_APPROVAL_URL", URL)
    yield served
    served.server.shutdown()
    served.server.server_close()


def test_an_approval_is_signed_and_counts(story: Story, url: FunctionUrl, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["approve", PLAN[:16], "--comment", "fine"]) == 0
    headers, body = url.requests[0]
    assert headers["Host"] == "abc123.lambda-url.eu-west-1.on.aws"
    assert "/eu-west-1/lambda/aws4_request" in headers["Authorization"]
    assert "secret" not in str(headers)
    assert body == {"plan": PLAN, "decision": "approved", "comment": "fine"}
    shown = capsys.readouterr().out
    assert "orders 1.3.0 in preview" in shown
    assert "approved the plan" in shown
    assert [answer["decision"] for answer in story.runtime.fake_executions.answers.values()] == ["approved"]


def test_a_rejection_counts(story: Story, url: FunctionUrl, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reject", PLAN, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["outcome"], found["status"]) == ("counted", 200)
    assert [answer["decision"] for answer in story.runtime.fake_executions.answers.values()] == ["rejected"]


def test_who_may_not_is_told_so(story: Story, url: FunctionUrl, capsys: pytest.CaptureFixture[str]) -> None:
    url.identity = "arn:aws:sts::111111111111:assumed-role/Uploader/mallory"
    assert main(["approve", PLAN]) == 1
    assert "is not an approver of preview" in capsys.readouterr().err
    assert story.runtime.fake_executions.answers == {}


def test_who_may_not_even_ask_is_told_what_is_missing(
    story: Story, url: FunctionUrl, capsys: pytest.CaptureFixture[str]
) -> None:
    url.identity = None
    assert main(["approve", PLAN]) == 1
    assert "ReviewerPolicyArn" in capsys.readouterr().err


def test_an_outdated_plan_is_refused(story: Story, url: FunctionUrl, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["approve", "b" * 64]) == 1
    assert "There is no plan" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("start", "words"), [("b" * 8, "No plan that begins"), ("aaa", "at least 8"), ("zz" * 8, "digest")]
)
def test_a_beginning_that_names_no_plan_is_never_sent(
    story: Story, url: FunctionUrl, start: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["approve", start]) == 2
    assert words in capsys.readouterr().err
    assert url.requests == []


def test_nobody_answers(story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert main(["approve", PLAN, "--url", URL]) == 2
    assert "while sending the decision" in capsys.readouterr().err
