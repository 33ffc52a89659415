"""Every way of an upload through its path."""

from __future__ import annotations

from typing import Any

import pytest

from tests.statemachines.walker import Run, StepError, Walker, scripted

EVENT = {"detail-type": "Object Created", "detail": {"object": {"key": "releases/orders/1.2.0.zip"}}}
RELEASE = {"service": "orders", "version": "1.2.0", "digest": "d" * 64, "chain": "c"}
VERDICT = {"outcome": "refused", "reasons": [{"code": "x", "message": "No."}]}
PATH = [{"id": f"orders-1.2.0-{name}-0a1b2c3d", "environment": name} for name in ("preview", "staging", "production")]


def walk(path: list[dict[str, str]] = PATH, /, **script: Any) -> Run:
    straight: dict[str, Any] = {
        "VerifyArtifact": {"outcome": "sound", "release": RELEASE},
        "RegisterRelease": {"outcome": "registered", "promotions": path},
        "PromoteToEnvironment": {"outcome": "live"},
        "CloseRelease": {"outcome": "closed"},
    }
    return Walker("promote_release", scripted(straight, script)).run(EVENT)


def closing(run: Run) -> dict[str, Any]:
    name, payload = run.calls[-1]
    assert name == "CloseRelease"
    assert payload["event"] == EVENT
    assert payload["execution"].startswith("arn:")
    return payload


def promoted(run: Run) -> list[str]:
    return [payload["promotion"]["environment"] for name, payload in run.calls if name == "PromoteToEnvironment"]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_release_goes_through_its_path_in_order(length: int) -> None:
    run = walk(PATH[:length])
    assert run.status == "SUCCEEDED"
    assert promoted(run) == ["preview", "staging", "production"][:length]
    assert closing(run)["outcome"] == "promoted"
    assert closing(run)["promotion"] is None


def test_what_is_live_already_is_passed_by() -> None:
    run = walk(PromoteToEnvironment=[{"outcome": "unchanged"}, {"outcome": "live"}])
    assert promoted(run) == ["preview", "staging", "production"]
    assert closing(run)["outcome"] == "promoted"


def test_a_nested_execution_knows_its_parent() -> None:
    payload = dict(walk().calls)["PromoteToEnvironment"]
    assert payload["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"].startswith("arn:")


def test_a_superseded_release_goes_no_further() -> None:
    run = walk(PromoteToEnvironment=[{"outcome": "live"}, {"outcome": "superseded"}])
    assert run.status == "SUCCEEDED"
    assert promoted(run) == ["preview", "staging"]
    assert closing(run)["outcome"] == "superseded"


def test_a_rejected_artifact_fails_with_its_verdict() -> None:
    run = walk(VerifyArtifact={"outcome": "rejected", "release": RELEASE, "verdict": VERDICT})
    assert (run.status, run.error) == ("FAILED", "ReleaseRejected")
    assert closing(run)["outcome"] == "rejected"
    assert closing(run)["problem"]["verdict"] == VERDICT
    assert "RegisterRelease" not in run.called()


def test_a_version_with_other_bytes_is_rejected() -> None:
    run = walk(RegisterRelease={"outcome": "conflict", "verdict": VERDICT})
    assert (run.status, run.error) == ("FAILED", "ReleaseRejected")
    assert promoted(run) == []


@pytest.mark.parametrize(
    "answers", [{"VerifyArtifact": {"outcome": "ignored"}}, {"RegisterRelease": {"outcome": "already_promoting"}}]
)
def test_what_is_none_of_our_business_ends_quietly(answers: dict[str, Any]) -> None:
    run = walk(**answers)
    assert run.status == "SUCCEEDED"
    assert "CloseRelease" not in run.called()
    assert promoted(run) == []


def test_a_promotion_that_fails_stops_the_release_there() -> None:
    run = walk(PromoteToEnvironment=[{"outcome": "live"}, StepError("States.TaskFailed", cause='{"Error": "x"}')])
    assert (run.status, run.error) == ("FAILED", "ReleaseStopped")
    assert closing(run)["outcome"] == "stopped"
    assert closing(run)["promotion"]["environment"] == "staging"
    assert promoted(run) == ["preview", "staging"]


@pytest.mark.parametrize("function", ["VerifyArtifact", "RegisterRelease"])
def test_an_error_before_the_path_stops_the_release(function: str) -> None:
    run = walk(**{function: StepError("RefusedByAws")})
    assert (run.status, run.error) == ("FAILED", "ReleaseStopped")
    assert (closing(run)["release"] is None) == (function == "VerifyArtifact")
    assert closing(run)["problem"]["outcome"] == "failed"


@pytest.mark.parametrize("function", ["VerifyArtifact", "RegisterRelease", "PromoteToEnvironment"])
def test_an_answer_that_nobody_knows_never_goes_on(function: str) -> None:
    run = walk(**{function: {"outcome": "nonsense"}})
    assert (run.status, run.error) == ("FAILED", "ReleaseStopped")
    assert closing(run)["outcome"] == "stopped"


def test_an_end_that_cannot_be_recorded_fails() -> None:
    assert walk(CloseRelease=StepError("RefusedByAws")).error == "ReleaseNotClosed"
