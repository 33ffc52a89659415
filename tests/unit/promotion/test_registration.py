from dataclasses import replace

import pytest

from tests.fakes.ledger import InMemoryLedger
from tests.fakes.voices import MORNING
from tests.unit.promotion.test_records import release
from towpath.errors import LedgerBusy
from towpath.promotion.records import Release, ReleaseRecord, ReleaseState
from towpath.promotion.registration import Arrival, Registered, Registration, finish, register


def arrive(
    ledger: InMemoryLedger, execution: str, found: Release | None = None, *, again: bool = False, dead: str = ""
) -> Registration:
    arrival = Arrival(found or release(), execution, MORNING, again=again)
    return register(ledger, arrival, lambda name: name != dead)


def ended(ledger: InMemoryLedger, state: ReleaseState) -> None:
    assert finish(ledger, release(), "arn:1", state, "It ended.", MORNING)


@pytest.fixture
def ledger() -> InMemoryLedger:
    ledger = InMemoryLedger()
    assert arrive(ledger, "arn:1").outcome is Registered.REGISTERED
    return ledger


def test_the_same_execution_may_register_again(ledger: InMemoryLedger) -> None:
    before = ledger.release("orders", "1.2.0")
    assert arrive(ledger, "arn:1").outcome is Registered.REGISTERED
    assert ledger.release("orders", "1.2.0") == before


def test_a_doubled_event_is_harmless(ledger: InMemoryLedger) -> None:
    assert arrive(ledger, "arn:2").outcome is Registered.ALREADY_PROMOTING


@pytest.mark.parametrize("state", [ReleaseState.PROMOTED, ReleaseState.STOPPED, ReleaseState.SUPERSEDED])
def test_an_event_that_comes_late_is_harmless(ledger: InMemoryLedger, state: ReleaseState) -> None:
    ended(ledger, state)
    late = arrive(ledger, "arn:2")
    assert late.outcome is Registered.ALREADY_PROMOTING
    assert state.value in late.says


def test_other_bytes_are_refused_for_ever(ledger: InMemoryLedger) -> None:
    other = replace(release(), digest="e" * 64)
    for state in (ReleaseState.STOPPED, ReleaseState.PROMOTED):
        found = arrive(ledger, "arn:2", other, again=True, dead="arn:1")
        assert found.outcome is Registered.CONFLICT
        assert found.reason is not None
        assert "d" * 64 in found.reason.message
        assert "e" * 64 in found.reason.message
        ended(ledger, state)


def test_a_dead_execution_is_taken_over(ledger: InMemoryLedger) -> None:
    found = arrive(ledger, "arn:2", dead="arn:1")
    assert found.outcome is Registered.REGISTERED
    record = ledger.release("orders", "1.2.0")
    assert record is not None
    assert record.execution == "arn:2"
    assert not finish(ledger, release(), "arn:1", ReleaseState.PROMOTED, "Too late.", MORNING)


def test_a_stopped_release_is_promoted_again_when_somebody_says_so(ledger: InMemoryLedger) -> None:
    ended(ledger, ReleaseState.STOPPED)
    assert arrive(ledger, "arn:2", again=True).outcome is Registered.REGISTERED


def test_a_stopped_release_is_promoted_again_when_it_is_uploaded_again(ledger: InMemoryLedger) -> None:
    ended(ledger, ReleaseState.STOPPED)
    uploaded = replace(release(), upload=replace(release().upload, version_id="v2"))
    assert arrive(ledger, "arn:2", uploaded).outcome is Registered.REGISTERED


def test_a_release_that_is_live_everywhere_is_not_promoted_again(ledger: InMemoryLedger) -> None:
    ended(ledger, ReleaseState.PROMOTED)
    assert arrive(ledger, "arn:2", again=True).outcome is Registered.ALREADY_PROMOTING


def test_finishing_twice_is_harmless(ledger: InMemoryLedger) -> None:
    ended(ledger, ReleaseState.STOPPED)
    ended(ledger, ReleaseState.STOPPED)


class Contested(InMemoryLedger):
    """A ledger in which somebody else always writes first."""

    def write_release(self, record: ReleaseRecord) -> bool:
        return False


def test_a_record_that_never_holds_still_is_tried_again_later() -> None:
    with pytest.raises(LedgerBusy):
        arrive(Contested(), "arn:1")
