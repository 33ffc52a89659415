"""The laws of the lease, for any order of any events: one holder, the newest wins, nobody waits for the dead.

The same machine runs against the ledger in memory and against DynamoDB (moto). Two contenders may look at the same
state of the lease before either writes: that is where check-then-act breaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.fakes.ledger import InMemoryLedger
from tests.fakes.tables import dynamodb_ledger
from tests.fakes.voices import MORNING
from towpath.errors import LeaseLost
from towpath.promotion.lease import Bid, TakeOutcome, Taking, decide, give_back, take
from towpath.promotion.ports import PromotionLedger
from towpath.promotion.records import Contender, Hold, LiveRelease, ReleaseOrder

PLACE = ("orders", "preview")


@dataclass(frozen=True)
class Looked:
    """A contender that has decided and not yet written."""

    who: Contender
    taking: Taking


class LeaseLaws(RuleBasedStateMachine):
    contenders = Bundle("contenders")
    looks = Bundle("looks")

    def __init__(self, ledger: PromotionLedger) -> None:
        super().__init__()
        self.ledger = ledger
        self.dead: set[str] = set()
        self.told: dict[str, TakeOutcome] = {}
        self.fences: dict[str, int] = {}
        self.highest_fence = 0
        self.count = 0

    def alive(self, execution: str) -> bool:
        return execution not in self.dead

    @rule(target=contenders, seconds=st.integers(0, 3), minor=st.integers(0, 3))
    def upload(self, seconds: int, minor: int) -> Contender:
        self.count += 1
        order = ReleaseOrder(MORNING + timedelta(seconds=seconds), f"1.{minor}.{self.count}")
        return Contender(f"promotion-{self.count}", f"execution-{self.count}", order)

    @rule(who=contenders, is_open=st.booleans())
    def try_to_take(self, who: Contender, is_open: bool) -> None:
        if self.acts(who):
            taking = take(self.ledger, PLACE, Bid(who, who.promotion, is_open=is_open), self.alive)
            assert is_open or taking.outcome is not TakeOutcome.TAKEN or self.fences.get(who.promotion) is not None
            self.note(who, taking, is_open=is_open)

    @rule(target=looks, who=contenders)
    def look_only(self, who: Contender) -> Any:
        if not self.acts(who):
            return cast(Any, multiple)()
        seen = self.ledger.lease(*PLACE)
        return Looked(who, decide(seen, self.ledger.live(*PLACE), Bid(who, who.promotion), self.alive))

    @rule(look=consumes(looks))
    def write_what_was_decided(self, look: Looked) -> None:
        if self.acts(look.who) and look.taking.lease is not None and self.ledger.write_lease(look.taking.lease):
            self.note(look.who, look.taking)

    @rule(who=contenders)
    def finish(self, who: Contender) -> None:
        hold = Hold(*PLACE, who.promotion, self.fences.get(who.promotion, 0))
        live = LiveRelease(*PLACE, who.order.version, who.promotion, who.promotion, MORNING, who.order)
        if self.holder() == who.promotion:
            self.ledger.record_live(live, hold)
            self.told[who.promotion] = TakeOutcome.UNCHANGED
            assert self.holder() is None
        elif self.told.get(who.promotion) is not TakeOutcome.UNCHANGED:
            with pytest.raises(LeaseLost):
                self.ledger.record_live(live, hold)

    @rule(who=contenders)
    def fail(self, who: Contender) -> None:
        before = self.holder()
        give_back(self.ledger, *PLACE, who.promotion)
        assert self.holder() == (None if before == who.promotion else before)
        self.told.setdefault(who.promotion, TakeOutcome.SUPERSEDED)
        self.dead.add(who.execution)

    @rule(who=contenders)
    def die(self, who: Contender) -> None:
        self.dead.add(who.execution)

    @invariant()
    def a_fence_never_shrinks(self) -> None:
        fence = self.ledger.lease(*PLACE).fence
        assert fence >= self.highest_fence
        self.highest_fence = fence

    @invariant()
    def only_the_last_fence_holds(self) -> None:
        holders = [promotion for promotion, fence in self.fences.items() if self.holds(promotion, fence)]
        assert len(holders) <= 1

    @invariant()
    def what_is_live_never_goes_back_in_time(self) -> None:
        live = self.ledger.live(*PLACE)
        newest = getattr(self, "newest_live", None)
        if live is not None:
            assert newest is None or live.order >= newest
            self.newest_live = live.order

    def acts(self, who: Contender) -> bool:
        over = self.told.get(who.promotion) in (TakeOutcome.SUPERSEDED, TakeOutcome.UNCHANGED)
        return self.alive(who.execution) and not over

    def holder(self) -> str | None:
        holder = self.ledger.lease(*PLACE).holder
        return holder.promotion if holder else None

    def holds(self, promotion: str, fence: int) -> bool:
        try:
            self.ledger.check_hold(Hold(*PLACE, promotion, fence))
        except LeaseLost:
            return False
        return True

    def note(self, who: Contender, taking: Taking, *, is_open: bool = True) -> None:
        self.told[who.promotion] = taking.outcome
        lease = self.ledger.lease(*PLACE)
        if taking.outcome is TakeOutcome.TAKEN:
            assert lease.holder == who
            assert lease.fence not in [fence for other, fence in self.fences.items() if other != who.promotion]
            self.fences[who.promotion] = lease.fence
        if taking.outcome is TakeOutcome.WAITING:
            assert lease.waiter == who
            if lease.holder is not None and self.alive(lease.holder.execution):
                assert lease.holder.order <= who.order
            else:
                assert not is_open, "nobody waits for the dead"
        if taking.outcome is TakeOutcome.SUPERSEDED:
            assert self.somebody_newer_than(who)

    def somebody_newer_than(self, who: Contender) -> bool:
        lease, live = self.ledger.lease(*PLACE), self.ledger.live(*PLACE)
        others = [other.order for other in (lease.holder, lease.waiter) if other]
        return any(order > who.order for order in [*others, *([live.order] if live else [])])


def test_the_ledger_in_memory_keeps_the_laws() -> None:
    class Fresh(LeaseLaws):
        def __init__(self) -> None:
            super().__init__(InMemoryLedger())

    run_state_machine_as_test(Fresh, settings=settings(max_examples=200, stateful_step_count=30, deadline=None))


def test_dynamodb_keeps_the_laws() -> None:
    class Fresh(LeaseLaws):
        def __init__(self) -> None:
            self.table = dynamodb_ledger()
            super().__init__(self.table.__enter__())

        def teardown(self) -> None:
            self.table.__exit__(None, None, None)

    quick = settings(
        max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    run_state_machine_as_test(Fresh, settings=quick)
