"""The promises of `PromotionLedger`, kept by the ledger in memory and by DynamoDB alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.ledger import InMemoryLedger
from tests.fakes.tables import dynamodb_ledger
from tests.fakes.voices import MORNING
from tests.unit.promotion.test_records import release
from towpath.aws import ledger as adapter
from towpath.errors import LeaseLost
from towpath.promotion.events import EventKind, of_promotion
from towpath.promotion.ports import PromotionLedger
from towpath.promotion.records import (
    Contender,
    Decision,
    Hold,
    LiveRelease,
    PlanRecord,
    PlanState,
    Promotion,
    PromotionOutcome,
    PromotionState,
    Rejection,
    ReleaseRecord,
    ReleaseState,
    StackOwner,
    hold_of,
    to_moment,
)

LATER = MORNING + timedelta(minutes=5)


@pytest.fixture(params=["memory", "dynamodb"])
def ledger(request: pytest.FixtureRequest) -> Iterator[PromotionLedger]:
    if request.param == "memory":
        yield InMemoryLedger()
    else:
        with dynamodb_ledger() as table:
            yield table


def promotion(
    environment: str = "preview", cause: str = "arn:1", started: str = "2026-11-23T09:00:00.000Z"
) -> Promotion:
    found = Promotion.of(release(), environment, cause)
    return replace(found, execution=f"arn:{environment}:{cause}", started=started)


def hold(ledger: PromotionLedger, mine: Promotion) -> Hold:
    """Take the environment, as `take_environment` would."""
    seen = ledger.lease(mine.service, mine.environment)
    taken = replace(seen, holder=Contender(mine.id, mine.execution, release().order), fence=seen.fence + 1)
    assert ledger.write_lease(taken)
    return hold_of(mine, taken.fence)


def live(mine: Promotion) -> LiveRelease:
    details = {"deployments": ["d-1"], "seconds": 1.5}
    return LiveRelease(
        mine.service, mine.environment, mine.version, mine.digest, mine.id, MORNING, release().order, details=details
    )


def plan(mine: Promotion, digest: str = "p1", *expansions: str) -> PlanRecord:
    return PlanRecord(digest, mine, "documents/plan/1", expansions=expansions, reasons=("New access.",))


def test_a_release_is_written_by_who_saw_the_last_revision(ledger: PromotionLedger) -> None:
    record = ReleaseRecord(release(), "arn:1", updated=MORNING)
    assert ledger.release("orders", "1.2.0") is None
    assert ledger.write_release(record)
    assert not ledger.write_release(record)
    stored = ledger.release("orders", "1.2.0")
    assert stored == replace(record, revision=1)
    assert stored is not None
    assert ledger.write_release(replace(stored, state=ReleaseState.STOPPED))
    assert not ledger.write_release(replace(stored, state=ReleaseState.PROMOTED))
    assert list(ledger.services()) == ["orders"]


def test_a_stack_belongs_to_who_came_first(ledger: PromotionLedger) -> None:
    first, second = StackOwner("orders", "preview"), StackOwner("billing", "preview")
    assert ledger.own_stack("1", "eu-west-1", "orders", first) == first
    assert ledger.own_stack("1", "eu-west-1", "orders", second) == first
    assert ledger.own_stack("1", "eu-west-1", "orders", StackOwner("orders", "production")) == first
    assert ledger.own_stack("1", "eu-west-1", "orders", first) == first
    assert ledger.own_stack("2", "eu-west-1", "orders", second) == second


def test_only_the_holder_with_the_last_fence_holds(ledger: PromotionLedger) -> None:
    first = hold(ledger, promotion(cause="arn:1"))
    ledger.check_hold(first)
    second = hold(ledger, promotion(cause="arn:2"))
    ledger.check_hold(second)
    for lost in (first, replace(second, fence=second.fence - 1), replace(second, promotion="somebody")):
        with pytest.raises(LeaseLost):
            ledger.check_hold(lost)


def test_going_live_frees_the_environment_and_is_repeatable(ledger: PromotionLedger) -> None:
    mine = promotion()
    mine_hold = hold(ledger, mine)
    ledger.record_live(live(mine), mine_hold)
    assert ledger.live("orders", "preview") == live(mine)
    assert ledger.lease("orders", "preview").holder is None
    other = hold(ledger, promotion(cause="arn:2"))
    ledger.record_live(live(mine), mine_hold)
    ledger.check_hold(other)


def test_who_lost_the_environment_cannot_go_live(ledger: PromotionLedger) -> None:
    mine = promotion()
    lost = hold(ledger, mine)
    hold(ledger, promotion(cause="arn:2"))
    with pytest.raises(LeaseLost):
        ledger.record_live(live(mine), lost)
    assert ledger.live("orders", "preview") is None


def test_an_old_fence_writes_nothing_even_of_the_holder(ledger: PromotionLedger) -> None:
    mine = promotion()
    ledger.open_promotion(mine, "On its way.", MORNING)
    held = hold(ledger, mine)
    old = replace(held, fence=held.fence - 1)
    with pytest.raises(LeaseLost):
        ledger.record_live(live(mine), old)
    with pytest.raises(LeaseLost):
        ledger.record_plan(plan(mine), old)
    ledger.record_plan(plan(mine), held)


def test_a_promotion_has_a_timeline_and_one_end(ledger: PromotionLedger) -> None:
    mine = promotion()
    opened = ledger.open_promotion(mine, "On its way.", MORNING)
    assert ledger.open_promotion(mine, "Again.", LATER) == opened
    ledger.note(mine, PromotionState.REVIEWING, "Looking.", MORNING)
    ledger.note(mine, PromotionState.REVIEWING, "Looking.", LATER)
    assert ledger.close_promotion(mine, PromotionOutcome.BLOCKED, "No.", LATER)
    assert not ledger.close_promotion(mine, PromotionOutcome.FAILED, "Other.", LATER)
    ledger.note(mine, PromotionState.BAKING, "Too late.", LATER)
    record = ledger.promotion(mine)
    assert record is not None
    assert (record.outcome, record.state, record.says) == (PromotionOutcome.BLOCKED, PromotionState.CLOSED, "No.")
    assert [remark.says for remark in record.timeline] == ["On its way.", "Looking.", "No."]
    assert record.timeline[1].time == MORNING


def test_a_promotion_is_found_without_its_start(ledger: PromotionLedger) -> None:
    mine = promotion()
    ledger.open_promotion(mine, "On its way.", MORNING)
    ledger.open_promotion(promotion(cause="arn:2"), "Another.", MORNING)
    found = ledger.promotion(replace(mine, started="", execution=""))
    assert found is not None
    assert found.promotion == mine
    assert ledger.promotion(promotion("staging")) is None


def test_a_promotion_that_was_never_opened_is_closed_all_the_same(ledger: PromotionLedger) -> None:
    assert ledger.close_promotion(promotion(), PromotionOutcome.FAILED, "No.", MORNING)


def test_a_timeline_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "TIMELINE_LIMIT", 3)
    with dynamodb_ledger() as table:
        table.open_promotion(promotion(), "On its way.", MORNING)
        for count in range(5):
            table.note(promotion(), PromotionState.BAKING, f"Look {count}.", MORNING)
        assert table.close_promotion(promotion(), PromotionOutcome.LIVE, "Done.", MORNING)
        record = table.promotion(promotion())
        assert record is not None
        assert len(record.timeline) == 4


def recorded(ledger: PromotionLedger, mine: Promotion, *expansions: str, digest: str = "p1") -> PlanRecord:
    ledger.open_promotion(mine, "On its way.", MORNING)
    return ledger.record_plan(plan(mine, digest, *expansions), hold(ledger, mine))


def approve(ledger: PromotionLedger, found: PlanRecord) -> PlanRecord:
    approved = replace(found, state=PlanState.APPROVED, decision=Decision("arn:alice", MORNING, "fine"))
    assert ledger.write_plan(approved)
    stored = ledger.plan(found.digest)
    assert stored is not None
    return stored


def test_a_plan_is_recorded_with_its_promotion(ledger: PromotionLedger) -> None:
    mine = promotion()
    found = recorded(ledger, mine)
    assert ledger.plan("p1") == found
    record = ledger.promotion(mine)
    assert record is not None
    assert record.plan == "p1"
    assert ledger.plan("p2") is None


def test_a_plan_recorded_twice_keeps_what_was_decided(ledger: PromotionLedger) -> None:
    mine = promotion()
    approve(ledger, recorded(ledger, mine))
    again = recorded(ledger, mine)
    assert again.state is PlanState.APPROVED
    assert again == ledger.plan("p1")


def test_the_same_plan_of_another_promotion_is_decided_anew(ledger: PromotionLedger) -> None:
    approve(ledger, recorded(ledger, promotion()))
    other = recorded(ledger, promotion(cause="arn:2"))
    assert (other.state, other.decision) == (PlanState.REVIEWED, None)
    assert ledger.plan("p1") == other


def test_who_lost_the_environment_records_no_plan(ledger: PromotionLedger) -> None:
    mine = promotion()
    ledger.open_promotion(mine, "On its way.", MORNING)
    lost = hold(ledger, mine)
    hold(ledger, promotion(cause="arn:2"))
    with pytest.raises(LeaseLost):
        ledger.record_plan(plan(mine), lost)
    assert ledger.plan("p1") is None


def test_a_plan_is_written_by_who_saw_the_last_revision(ledger: PromotionLedger) -> None:
    found = recorded(ledger, promotion())
    assert ledger.write_plan(replace(found, state=PlanState.WAITING, token="t", asked=MORNING, expires=LATER))
    assert not ledger.write_plan(replace(found, state=PlanState.APPROVED))
    stored = ledger.plan("p1")
    assert stored is not None
    assert (stored.state, stored.token, stored.asked, stored.expires) == (PlanState.WAITING, "t", MORNING, LATER)


def test_an_approved_expansion_carries_over_once_to_each_environment(ledger: PromotionLedger) -> None:
    preview, staging = promotion(), promotion("staging")
    assert ledger.approved_expansions(preview, ["e1"]) == frozenset()
    approve(ledger, recorded(ledger, preview, "e1"))
    assert ledger.approved_expansions(preview, ["e1", "e2"]) == {"e1"}
    assert ledger.approved_expansions(staging, ["e1"]) == {"e1"}
    ledger.record_live(live(staging), hold(ledger, staging), ["e1", "never-approved"])
    assert ledger.approved_expansions(staging, ["e1"]) == {"e1"}
    assert ledger.approved_expansions(promotion("staging", "arn:2"), ["e1"]) == frozenset()
    assert ledger.approved_expansions(promotion("preview", "arn:2"), ["e1"]) == frozenset()
    assert ledger.approved_expansions(promotion("production", "arn:2"), ["e1", "never-approved"]) == {"e1"}


def test_a_fresh_approval_opens_every_environment_again(ledger: PromotionLedger) -> None:
    approve(ledger, recorded(ledger, promotion(), "e1"))
    again = promotion(cause="arn:2")
    approve(ledger, recorded(ledger, again, "e1", digest="p2"))
    assert ledger.approved_expansions(again, ["e1"]) == {"e1"}


def test_a_voided_plan_closes_what_it_had_opened(ledger: PromotionLedger) -> None:
    mine = promotion()
    approved = approve(ledger, recorded(ledger, mine, "e1"))
    assert ledger.write_plan(replace(approved, state=PlanState.VOIDED))
    assert ledger.approved_expansions(mine, ["e1"]) == frozenset()


def test_a_voided_plan_leaves_what_another_had_opened(ledger: PromotionLedger) -> None:
    preview, staging = promotion(), promotion("staging")
    approve(ledger, recorded(ledger, preview, "e1"))
    carried = recorded(ledger, staging, "e1", digest="p2")
    assert ledger.write_plan(replace(carried, state=PlanState.VOIDED))
    assert ledger.approved_expansions(staging, ["e1"]) == {"e1"}


def test_hundreds_of_expansions_are_approved_together(ledger: PromotionLedger) -> None:
    many = [f"e{number}" for number in range(230)]
    mine = promotion()
    approve(ledger, recorded(ledger, mine, *many))
    assert ledger.approved_expansions(mine, many) == set(many)


def test_an_event_is_kept_as_it_was_the_first_time(ledger: PromotionLedger) -> None:
    event = of_promotion(EventKind.PROMOTION_STARTED, promotion(), "Begun.", MORNING, {"fence": 1, "ratio": 0.5})
    assert ledger.append_event(event) == event
    assert ledger.append_event(replace(event, time=LATER, says="Begun again.")) == event
    other = of_promotion(EventKind.PROMOTION_PLANNED, promotion(), "Planned.", MORNING - timedelta(seconds=1))
    ledger.append_event(other)
    assert list(ledger.events("chain")) == [other, event]
    assert list(ledger.events("no-such-chain")) == []


def test_only_what_started_since_is_read_when_asked(ledger: PromotionLedger) -> None:
    old, new = promotion(), promotion(cause="arn:2", started="2026-11-23T10:00:00.000Z")
    for mine in (old, new):
        ledger.open_promotion(mine, "On its way.", MORNING)
        hold(ledger, mine)
    found = ledger.overview("orders", to_moment(new.started)).promotions
    assert [record.promotion for record in found] == [new]
    assert len(ledger.overview("orders", MORNING - timedelta(days=1)).promotions) == 2


def test_everything_about_a_service_is_found_together(ledger: PromotionLedger) -> None:
    assert ledger.overview("orders").releases == ()
    ledger.write_release(ReleaseRecord(release(), "arn:1", updated=MORNING))
    late, early = promotion(cause="arn:2", started="2026-11-23T10:00:00.000Z"), promotion("staging")
    for mine in (late, early):
        ledger.open_promotion(mine, "On its way.", MORNING)
    ledger.record_live(live(early), hold(ledger, early))
    rejection = Rejection("orders", "1.3.0", "chain-2", MORNING, "No.")
    ledger.record_rejection(rejection)
    ledger.record_rejection(replace(rejection, says="Again."))
    found = ledger.overview("orders")
    assert [record.release.version for record in found.releases] == ["1.2.0"]
    assert [record.promotion for record in found.promotions] == [early, late]
    assert [place.environment for place in found.lives] == ["staging"]
    assert [lease.environment for lease in found.leases] == ["staging"]
    assert found.rejections == (rejection,)
