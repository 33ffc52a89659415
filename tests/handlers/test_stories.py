"""Releases from upload to end, with every event checked against its published schema."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import PropertyMock, patch

import pytest

from tests.fakes.deployer import InMemoryDeployer
from tests.fakes.eventing import check_event
from tests.fakes.voices import MORNING
from tests.handlers.story import PLAN, Story, call, uploaded
from tests.statemachines.walker import StepError
from tests.unit.release.artifact_builder import artifact, artifact_files, sha256
from towpath.aws.runtime import replaced
from towpath.aws.stage import Stage
from towpath.promotion.events import EventKind
from towpath.promotion.records import Promotion, PromotionOutcome, ReleaseState

VERDICT = {"outcome": "refused", "reasons": [{"code": "x", "message": "No."}]}


@pytest.fixture
def story() -> Any:
    story = Story()
    # What was aborted is cleared up after; its steps here are scripted, so there is nothing to be found.
    deployer = InMemoryDeployer(story.runtime.fake_documents)
    with patch.object(Stage, "deployer", PropertyMock(return_value=deployer)):
        yield story
    for event in story.runtime.fake_announcer.sent:
        check_event(event)
    for lease in story.runtime.fake_ledger.leases.values():
        assert lease.holder is None, "an environment was not given back"


def test_a_release_travels_the_same_bytes_to_production(story: Story) -> None:
    run = story.release(story.upload())
    assert run.status == "SUCCEEDED"
    lives = [story.runtime.fake_ledger.live("orders", name) for name in ("preview", "staging", "production")]
    assert len({live.digest for live in lives if live}) == 1
    assert story.kinds() == [
        EventKind.RELEASE_VERIFIED,
        *[EventKind.PROMOTION_STARTED, EventKind.PROMOTION_SUCCEEDED] * 3,
        EventKind.RELEASE_PROMOTED,
    ]
    assert len({event.chain for event in story.runtime.fake_announcer.sent}) == 1
    assert sum(len(nested.states) for nested in story.nested) < 3 * 60
    record = story.runtime.fake_ledger.release("orders", "1.2.0")
    assert record is not None
    assert record.state is ReleaseState.PROMOTED


def test_what_later_steps_read_is_kept(story: Story) -> None:
    files = artifact_files()
    story.release(story.upload(content=artifact(files)))
    record = story.runtime.fake_ledger.release("orders", "1.2.0")
    assert record is not None
    assert b'"service": "orders"' in story.runtime.fake_documents.get(record.release.manifest)
    assert sha256(files["template.json"]) in story.runtime.fake_artifacts.assets
    assert record.release.upload.uploaded.isoformat() == "2026-11-23T08:59:58+00:00"


def test_the_second_release_names_the_first(story: Story) -> None:
    story.release(story.upload("1.2.0"))
    story.runtime.fake_artifacts.modified = "2026-11-23T09:10:00Z"
    story.release(story.upload("1.3.0"))
    event = story.sent(EventKind.PROMOTION_SUCCEEDED)[-1]
    assert event.specifics["previous_version"] == "1.2.0"
    assert "in place of 1.2.0" in event.says


@pytest.mark.parametrize(
    ("content", "key", "code"),
    [
        (b"not a zip", "", "archive-not-a-zip"),
        (artifact(artifact_files(service="billing")), "", "key-service-mismatch"),
        (artifact(), "releases/readme.txt", "key-misplaced"),
        (artifact(), "releases/a/b/c.zip", "key-misplaced"),
    ],
)
def test_what_is_no_release_is_rejected_with_a_reason(story: Story, content: bytes, key: str, code: str) -> None:
    run = story.release(story.upload(content=content, key=key))
    assert run.error == "ReleaseRejected"
    event = story.sent(EventKind.RELEASE_REJECTED)[0]
    assert code in [reason["code"] for reason in event.specifics["verdict"]["reasons"]]
    assert story.kinds() == [EventKind.RELEASE_REJECTED]
    assert story.runtime.fake_ledger.releases == {}
    assert len(story.runtime.fake_ledger.rejections) == 1


def test_an_upload_that_was_deleted_is_rejected(story: Story) -> None:
    event = story.upload()
    story.runtime.fake_artifacts.upload("releases/orders/1.2.0.zip", None)
    assert story.release(event).error == "ReleaseRejected"
    assert "deleted" in story.sent(EventKind.RELEASE_REJECTED)[0].says


def test_an_upload_that_was_overwritten_is_rejected_and_the_new_one_is_not(story: Story) -> None:
    first, second = story.upload(), story.upload()
    assert story.release(first).error == "ReleaseRejected"
    assert story.release(second).status == "SUCCEEDED"


def test_an_upload_that_is_deleted_while_it_is_read_is_rejected(story: Story) -> None:
    story.runtime.fake_artifacts.gone_while_reading = True
    assert story.release(story.upload()).error == "ReleaseRejected"


@pytest.mark.parametrize(
    "event",
    [
        uploaded("documents/plan", "v1"),
        uploaded("releases/orders/", "v1"),
        {**uploaded("releases/orders/1.2.0.zip", "v1"), "detail-type": "Object Deleted"},
    ],
)
def test_what_is_no_upload_is_ignored(story: Story, event: dict[str, Any]) -> None:
    run = story.release(event)
    assert (run.status, run.states[-1]) == ("SUCCEEDED", "There is nothing to promote")
    assert story.kinds() == []


def test_the_same_upload_delivered_again_is_harmless(story: Story) -> None:
    event = story.upload()
    story.release(event)
    sent = len(story.kinds())
    assert story.release(event).states[-1] == "The release is promoted already"
    assert len(story.kinds()) == sent


def test_the_same_version_with_other_bytes_is_rejected_for_ever(story: Story) -> None:
    story.release(story.upload())
    other = artifact(artifact_files(code=b"def handler(event, context): return 'tampered'\n"))
    assert story.release(story.upload(content=other)).error == "ReleaseRejected"
    assert (
        story.sent(EventKind.RELEASE_REJECTED)[0].specifics["verdict"]["reasons"][0]["code"]
        == "version-has-other-bytes"
    )
    record = story.runtime.fake_ledger.release("orders", "1.2.0")
    assert record is not None
    assert record.state is ReleaseState.PROMOTED


def test_an_older_upload_that_arrives_late_is_superseded(story: Story) -> None:
    old = story.upload("1.2.0")
    story.release(story.upload("1.3.0"))
    run = story.release(old)
    assert run.states[-1] == "A newer release goes on"
    event = story.sent(EventKind.RELEASE_SUPERSEDED)[0]
    assert event.specifics["by"] == "1.3.0"
    record = story.runtime.fake_ledger.release("orders", "1.2.0")
    assert record is not None
    assert record.state is ReleaseState.SUPERSEDED


@pytest.mark.parametrize(
    ("script", "kind", "outcome"),
    [
        ({"ReviewChangeSet": {"outcome": "refused", "verdict": VERDICT}}, EventKind.PROMOTION_BLOCKED, "blocked"),
        ({"CreateChangeSet": StepError("RefusedByAws")}, EventKind.PROMOTION_FAILED, "failed"),
        ({"RunProbes": {"outcome": "failed", "verdict": VERDICT}}, EventKind.PROMOTION_ROLLED_BACK, "rolled_back"),
        (
            {"RunProbes": {"outcome": "failed", "verdict": VERDICT}, "RollBackStack": StepError("RefusedByAws")},
            EventKind.ROLLBACK_FAILED,
            "rollback_failed",
        ),
    ],
)
def test_a_promotion_that_fails_stops_the_release_and_frees_the_environment(
    story: Story, script: dict[str, Any], kind: EventKind, outcome: str
) -> None:
    story.script = script
    assert story.release(story.upload()).error == "ReleaseStopped"
    assert story.kinds()[-2:] == [kind, EventKind.RELEASE_STOPPED]
    stopped = story.sent(EventKind.RELEASE_STOPPED)[0].to_detail()
    assert (stopped["environment"], stopped["outcome"]) == ("preview", outcome)
    assert story.runtime.fake_ledger.lives == {}


def test_an_error_in_verification_stops_the_release_and_is_recorded(story: Story) -> None:
    story.script = {"VerifyArtifact": StepError("AwsUnavailable")}
    assert story.release(story.upload()).error == "ReleaseStopped"
    assert "no luck" in story.sent(EventKind.RELEASE_STOPPED)[0].says
    assert len(story.runtime.fake_ledger.rejections) == 1


def test_a_stopped_release_is_promoted_again_on_an_operators_word(story: Story) -> None:
    story.script = {"RunProbes": {"outcome": "failed", "verdict": VERDICT}}
    event = story.upload()
    story.release(event)
    story.script = {}
    assert story.release(event).states[-1] == "The release is promoted already"
    assert story.release({**event, "again": True}).status == "SUCCEEDED"


def approving(story: Story, decision: str, by: str = "Reviewer") -> Any:
    """An approver who answers as soon as they are asked."""

    def answer(payload: dict[str, Any]) -> Any:
        call("request_approval", payload)
        identity = {"userArn": f"arn:aws:sts::111111111111:assumed-role/{by}/alice"}
        body = f'{{"plan": "{payload["plan"]["digest"]}", "decision": "{decision}", "comment": "seen"}}'
        call("decide_approval", {"requestContext": {"authorizer": {"iam": identity}}, "body": body})
        answered = story.runtime.fake_executions.answers
        if payload["token"] not in answered:
            raise StepError("States.Timeout", "")
        return answered.pop(payload["token"])

    return answer


def test_an_approved_plan_goes_on_and_the_approver_is_remembered(story: Story) -> None:
    story.script = {"ReviewChangeSet": {"outcome": "approval_needed"}, "RequestApproval": approving(story, "approved")}
    assert story.release(story.upload()).status == "SUCCEEDED"
    given = story.sent(EventKind.APPROVAL_GIVEN)[0]
    assert given.specifics["by"].endswith("Reviewer/alice")
    assert given.specifics["plan"] == PLAN


def test_a_rejected_plan_stops_the_release(story: Story) -> None:
    story.script = {"ReviewChangeSet": {"outcome": "approval_needed"}, "RequestApproval": approving(story, "rejected")}
    assert story.release(story.upload()).error == "ReleaseStopped"
    assert story.sent(EventKind.PROMOTION_BLOCKED)[0].specifics["outcome"] == "rejected"


def test_a_plan_that_the_wrong_person_approves_waits_until_it_blocks(story: Story) -> None:
    answer = approving(story, "approved", by="Uploader")
    story.script = {"ReviewChangeSet": {"outcome": "approval_needed"}, "RequestApproval": answer}
    assert story.release(story.upload()).error == "ReleaseStopped"
    assert story.sent(EventKind.PROMOTION_BLOCKED)[0].specifics["outcome"] == "blocked"
    assert EventKind.APPROVAL_GIVEN not in story.kinds()


def ended(run_input: dict[str, Any], execution: str, status: str = "ABORTED") -> dict[str, Any]:
    """EventBridge's word of an execution that ended."""
    return {"detail": {"status": status, "executionArn": execution, "input": json.dumps(run_input)}}


def test_an_aborted_promotion_is_closed_and_its_environment_freed(story: Story) -> None:
    story.script = {"CreateChangeSet": _abort}
    with pytest.raises(Aborted):
        story.release(story.upload())
    lease = story.runtime.fake_ledger.lease("orders", "preview")
    assert lease.holder is not None
    promotion = next(iter(story.runtime.fake_ledger.promotions.values())).promotion
    given = {key: value for key, value in promotion.to_json().items() if key not in ("execution", "started")}
    with replaced(story.runtime):
        aborted = ended({"promotion": given}, promotion.execution)
        assert call("reconcile_execution", aborted)["outcome"] == "failed"
        assert call("reconcile_execution", aborted)["outcome"] == "ignored"
    record = story.runtime.fake_ledger.promotion(promotion)
    assert record is not None
    assert record.outcome is PromotionOutcome.FAILED
    assert story.kinds().count(EventKind.PROMOTION_FAILED) == 1


class Aborted(BaseException):
    """Nobody catches an execution that is aborted."""


def _abort(_payload: dict[str, Any]) -> Any:
    raise Aborted


def test_the_next_promotion_reclaims_what_nobody_reconciled(story: Story) -> None:
    story.script = {"CreateChangeSet": _abort}
    with pytest.raises(Aborted):
        story.release(story.upload("1.2.0"))
    holder = story.runtime.fake_ledger.lease("orders", "preview").holder
    assert holder is not None
    story.runtime.fake_executions.ended.add(holder.execution)
    story.script = {}
    assert story.release(story.upload("1.3.0")).status == "SUCCEEDED"
    started = story.sent(EventKind.PROMOTION_STARTED)
    assert started[1].specifics["reclaimed"] == holder.promotion
    record = next(
        item for item in story.runtime.fake_ledger.promotions.values() if item.promotion.id == holder.promotion
    )
    assert record.outcome is PromotionOutcome.FAILED
    (failed,) = story.sent(EventKind.PROMOTION_FAILED)
    assert failed.promotion == holder.promotion


def test_an_aborted_release_is_recorded_as_stopped(story: Story) -> None:
    event = story.upload()
    story.script = {"PromoteToEnvironment": None, "TakeEnvironment": _abort}
    with pytest.raises(Aborted):
        story.release(event)
    record = story.runtime.fake_ledger.release("orders", "1.2.0")
    assert record is not None
    with replaced(story.runtime):
        assert call("reconcile_execution", ended(event, record.execution, "TIMED_OUT"))["outcome"] == "stopped"
        assert call("reconcile_execution", ended(event, record.execution, "TIMED_OUT"))["outcome"] == "ignored"
    assert story.kinds().count(EventKind.RELEASE_STOPPED) == 1


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        ("ABORTED", None, "stopped"),
        ("TIMED_OUT", None, "stopped"),
        # What no Catch sees: the execution ends where it is, without a word to anybody.
        ("FAILED", "States.DataLimitExceeded", "stopped"),
        ("FAILED", "States.Runtime", "stopped"),
        ("FAILED", "ReleaseRejected", "ignored"),
    ],
)
def test_an_upload_whose_execution_died_before_it_was_registered_is_told_of(
    story: Story, status: str, error: str | None, outcome: str
) -> None:
    event = story.upload()
    died = ended(event, "arn:1", status)
    died["detail"] |= {"error": error} if error else {}
    with replaced(story.runtime):
        assert call("reconcile_execution", died)["outcome"] == outcome
        call("reconcile_execution", died)
    told = story.sent(EventKind.RELEASE_STOPPED)
    assert len({found.id for found in told}) == (outcome == "stopped")
    assert len(story.runtime.fake_ledger.rejections) == (outcome == "stopped")
    for found in told:
        check_event(found)


def test_an_end_that_was_recorded_but_not_told_is_told(story: Story) -> None:
    story.script = {"CreateChangeSet": _abort}
    with pytest.raises(Aborted):
        story.release(story.upload())
    ledger = story.runtime.fake_ledger
    promotion = next(iter(ledger.promotions.values())).promotion
    ledger.close_promotion(promotion, PromotionOutcome.BLOCKED, "A gate refused.", MORNING)
    with replaced(story.runtime):
        call("reconcile_execution", ended({"promotion": promotion.to_json()}, promotion.execution))
    assert story.sent(EventKind.PROMOTION_BLOCKED)[0].says == "A gate refused."


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_an_execution_that_did_not_fail_needs_nothing(story: Story, status: str) -> None:
    with replaced(story.runtime):
        assert call("reconcile_execution", ended({"promotion": {}}, "arn:1", status))["outcome"] == "ignored"


def test_a_release_that_closed_itself_is_left_alone(story: Story) -> None:
    event = story.upload(content=b"not a zip")
    story.release(event)
    sent = len(story.kinds())
    with replaced(story.runtime):
        assert call("reconcile_execution", ended(event, "arn:1", "FAILED"))["outcome"] == "ignored"
        assert call("reconcile_execution", ended({"something": "else"}, "arn:1", "FAILED"))["outcome"] == "ignored"
    assert len(story.kinds()) == sent


def test_a_promotion_of_an_unknown_environment_is_refused(story: Story) -> None:
    story.release(story.upload())
    promotion = Promotion("p", "orders", "1.2.0", "d" * 64, "nowhere", "c", "arn:x", "2026")
    with replaced(story.runtime), pytest.raises(Exception, match="no environment 'nowhere'"):
        call("take_environment", {"promotion": promotion.to_json()})
