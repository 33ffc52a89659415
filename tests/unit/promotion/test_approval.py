from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.fakes.eventing import check_event
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.runtime import SETTINGS
from tests.fakes.voices import MORNING, FakeExecutions, RecordingAnnouncer
from tests.unit.aws.test_ledger import hold
from tests.unit.promotion.test_records import release
from towpath.errors import LedgerBusy
from towpath.promotion.approval import Answered, Approvals, Request, Word
from towpath.promotion.events import EventKind
from towpath.promotion.records import PlanRecord, PlanState, Promotion, chain_id
from towpath.promotion.settings import Settings

ALICE = "arn:aws:sts::111111111111:assumed-role/Reviewer/alice"
MALLORY = "arn:aws:sts::111111111111:assumed-role/Uploader/mallory"
PLAN = "a" * 64


@dataclass
class Scene:
    """A plan of a promotion that holds preview, and everything around it."""

    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    executions: FakeExecutions = field(default_factory=FakeExecutions)
    settings: Settings = SETTINGS

    def __post_init__(self) -> None:
        self.announcer = RecordingAnnouncer(self.ledger)
        self.promotion = replace(
            Promotion.of(release(), "preview", "arn:parent"),
            execution="arn:mine",
            started="2026-11-23T09:00:00.000Z",
            chain=chain_id("orders", "1.2.0", "d" * 64),
        )
        self.ledger.open_promotion(self.promotion, "On its way.", MORNING)
        self.hold = hold(self.ledger, self.promotion)
        self.record(PLAN)

    @property
    def approvals(self) -> Approvals:
        return Approvals(self.ledger, self.executions, self.announcer, self.settings)

    @property
    def plan(self) -> PlanRecord:
        return self.ledger.plans[PLAN]

    def record(self, digest: str) -> None:
        found = PlanRecord(digest, self.promotion, "documents/plan/1", expansions=("e1",), reasons=("New access.",))
        self.ledger.record_plan(found, self.hold)

    def ask(self, token: str = "token-1") -> str:
        return self.approvals.ask(self.plan, token, MORNING)

    def decide(
        self, word: Word = "approved", by: str = ALICE, plan: str = PLAN, minutes: int = 1
    ) -> tuple[Answered, str]:
        answer = self.approvals.decide(Request(plan, word, by, "fine"), MORNING + timedelta(minutes=minutes))
        return answer.outcome, answer.says


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.ask()
    return scene


def test_the_right_approval_opens_the_gate(scene: Scene) -> None:
    assert scene.decide()[0] is Answered.COUNTED
    assert scene.executions.answers["token-1"]["decision"] == "approved"
    assert scene.executions.answers["token-1"]["by"] == ALICE
    assert scene.plan.state is PlanState.APPROVED
    assert scene.announcer.kinds() == [EventKind.APPROVAL_REQUESTED, EventKind.APPROVAL_GIVEN]
    for event in scene.announcer.sent:
        check_event(event)


def test_a_rejection_is_carried_out_too(scene: Scene) -> None:
    assert scene.decide("rejected")[0] is Answered.COUNTED
    assert scene.executions.answers["token-1"]["decision"] == "rejected"
    assert scene.ledger.approved_expansions(scene.promotion, ["e1"]) == frozenset()
    check_event(scene.announcer.sent[-1])


@pytest.mark.parametrize("again", [ALICE, "arn:aws:sts::111111111111:assumed-role/Reviewer/bob"])
def test_approving_twice_is_approving_once(scene: Scene, again: str) -> None:
    scene.decide()
    outcome, says = scene.decide(by=again, minutes=2)
    assert outcome is Answered.REPEATED
    assert ALICE in says
    assert scene.plan.decision is not None
    assert scene.plan.decision.by == ALICE
    given = [event for event in scene.announcer.sent if event.kind is EventKind.APPROVAL_GIVEN]
    assert len({event.id for event in given}) == 1


def test_an_answer_that_was_lost_is_sent_again(scene: Scene) -> None:
    scene.decide()
    scene.executions.answers.clear()
    assert scene.decide()[0] is Answered.REPEATED
    assert scene.executions.answers["token-1"]["decision"] == "approved"


def test_a_decision_that_the_workflow_did_not_wait_for_says_so(scene: Scene) -> None:
    """The task may have timed out a moment before, or be between two tries."""
    scene.executions.forgotten.add("token-1")
    outcome, says = scene.decide()
    assert outcome is Answered.COUNTED
    assert "did not wait for it" in says


def test_saying_otherwise_afterwards_is_refused(scene: Scene) -> None:
    scene.decide()
    outcome, says = scene.decide("rejected")
    assert outcome is Answered.DECIDED_OTHERWISE
    assert "approved by" in says


@pytest.mark.parametrize(
    "by",
    [
        MALLORY,
        "arn:aws:sts::222222222222:assumed-role/Reviewer/alice",
        "arn:aws:iam::111111111111:user/alice",
        "arn:aws:sts::111111111111:assumed-role/ReviewerX/alice",
    ],
)
def test_who_is_no_approver_opens_nothing(scene: Scene, by: str) -> None:
    outcome, says = scene.decide(by=by)
    assert outcome is Answered.NOT_ALLOWED
    assert "role/Reviewer" in says
    assert scene.executions.answers == {}
    assert scene.plan.state is PlanState.WAITING


def test_who_uploads_never_approves() -> None:
    pipeline = replace(SETTINGS.pipeline, uploaders=(ALICE,))
    scene = Scene(settings=replace(SETTINGS, pipeline=pipeline))
    scene.ask()
    outcome, says = scene.decide()
    assert outcome is Answered.NOT_ALLOWED
    assert "uploads" in says


def test_an_unknown_plan_opens_nothing(scene: Scene) -> None:
    assert scene.decide(plan="b" * 64)[0] is Answered.UNKNOWN_PLAN
    assert scene.executions.answers == {}


def test_an_outdated_plan_opens_nothing_and_the_current_one_is_named(scene: Scene) -> None:
    scene.approvals.void(scene.plan, "the stack changed", MORNING)
    scene.record("b" * 64)
    outcome, says = scene.decide()
    assert outcome is Answered.OUTDATED
    assert "b" * 64 in says
    assert scene.executions.answers == {}


def test_an_approval_that_was_voided_opens_nothing_and_closes_its_expansions(scene: Scene) -> None:
    scene.decide()
    scene.approvals.void(scene.plan, "the stack changed", MORNING)
    assert scene.ledger.approved_expansions(scene.promotion, ["e1"]) == frozenset()
    assert scene.announcer.kinds()[-1] is EventKind.APPROVAL_VOIDED
    check_event(scene.announcer.sent[-1])


def test_voiding_twice_is_voiding_once(scene: Scene) -> None:
    scene.approvals.void(scene.plan, "the stack changed", MORNING)
    scene.approvals.void(scene.plan, "the stack changed", MORNING)
    assert len({event.id for event in scene.announcer.sent}) == 2


def test_a_plan_that_nobody_asked_about_is_voided_silently() -> None:
    scene = Scene()
    scene.approvals.void(scene.plan, "the stack changed", MORNING)
    assert scene.plan.state is PlanState.VOIDED
    assert scene.announcer.sent == []


def test_a_voided_plan_that_comes_back_is_decided_anew(scene: Scene) -> None:
    scene.decide()
    scene.approvals.void(scene.plan, "the stack changed", MORNING)
    scene.record(PLAN)
    scene.ask("token-2")
    assert "token-2" not in scene.executions.answers
    assert scene.decide()[0] is Answered.COUNTED
    assert "token-2" in scene.executions.answers


def test_an_expired_plan_opens_nothing(scene: Scene) -> None:
    outcome, says = scene.decide(minutes=SETTINGS.pipeline.approval_hours * 60)
    assert outcome is Answered.OUTDATED
    assert "expired" in says


def test_a_plan_whose_promotion_has_ended_opens_nothing(scene: Scene) -> None:
    scene.executions.ended.add("arn:mine")
    assert scene.decide()[0] is Answered.OUTDATED
    assert scene.ledger.approved_expansions(scene.promotion, ["e1"]) == frozenset()


def test_a_step_that_asks_again_waits_with_its_new_token(scene: Scene) -> None:
    scene.ask("token-2")
    scene.decide()
    assert set(scene.executions.answers) == {"token-2"}


def test_a_step_that_asks_after_the_decision_is_answered_at_once(scene: Scene) -> None:
    scene.decide()
    assert "already" in scene.ask("token-2")
    assert scene.executions.answers["token-2"]["decision"] == "approved"


class Contested(InMemoryLedger):
    def write_plan(self, plan: PlanRecord) -> bool:
        return False


def test_a_plan_that_never_holds_still_is_tried_again_later(scene: Scene) -> None:
    contested = Contested()
    contested.__dict__.update(scene.ledger.__dict__)
    scene.ledger = contested
    with pytest.raises(LedgerBusy):
        scene.decide()
