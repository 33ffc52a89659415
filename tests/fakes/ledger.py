"""A ledger in memory that keeps every promise of `PromotionLedger`; the same law tests run against it and DynamoDB."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from towpath.errors import LeaseLost
from towpath.promotion.events import Event
from towpath.promotion.ports import ServiceLedger
from towpath.promotion.records import (
    Hold,
    Lease,
    LiveRelease,
    PlanRecord,
    PlanState,
    Promotion,
    PromotionOutcome,
    PromotionRecord,
    PromotionState,
    Rejection,
    ReleaseRecord,
    Remark,
    StackOwner,
    hold_of,
    to_moment,
)


@dataclass
class OpenExpansion:
    """The plan whose approval opened it, and per environment the promotion that used it up there."""

    plan: str
    used: dict[str, str]


class InMemoryLedger:
    """Dictionaries for items, revisions for conditions."""

    def __init__(self) -> None:
        self.releases: dict[tuple[str, str], ReleaseRecord] = {}
        self.stacks: dict[tuple[str, str, str], StackOwner] = {}
        self.leases: dict[tuple[str, str], Lease] = {}
        self.lives: dict[tuple[str, str], LiveRelease] = {}
        self.promotions: dict[str, PromotionRecord] = {}
        self.plans: dict[str, PlanRecord] = {}
        self.expansions: dict[tuple[str, str], OpenExpansion] = {}
        self.written_events: dict[str, Event] = {}
        self.rejections: dict[str, Rejection] = {}

    def services(self) -> Sequence[str]:
        return sorted({service for service, _ in self.releases})

    def overview(self, service: str, since: datetime | None = None) -> ServiceLedger:
        mine = [record for record in self.promotions.values() if record.promotion.service == service]
        if since is not None:
            mine = [record for record in mine if to_moment(record.promotion.started) >= since]
        return ServiceLedger(
            service,
            tuple(record for (name, _), record in self.releases.items() if name == service),
            tuple(live for (name, _), live in self.lives.items() if name == service),
            tuple(lease for (name, _), lease in self.leases.items() if name == service),
            tuple(sorted(mine, key=lambda record: record.promotion.started)),
            tuple(found for found in self.rejections.values() if found.service == service),
        )

    def events(self, chain: str) -> Sequence[Event]:
        found = [event for event in self.written_events.values() if event.chain == chain]
        return sorted(found, key=lambda event: (event.time, event.id))

    def plan(self, digest: str) -> PlanRecord | None:
        return self.plans.get(digest)

    def release(self, service: str, version: str) -> ReleaseRecord | None:
        return self.releases.get((service, version))

    def write_release(self, record: ReleaseRecord) -> bool:
        key = (record.release.service, record.release.version)
        if record.revision != (self.releases[key].revision if key in self.releases else 0):
            return False
        self.releases[key] = replace(record, revision=record.revision + 1)
        return True

    def record_rejection(self, rejection: Rejection) -> None:
        self.rejections.setdefault(rejection.chain, rejection)

    def own_stack(self, account: str, region: str, stack: str, owner: StackOwner) -> StackOwner:
        return self.stacks.setdefault((account, region, stack), owner)

    def lease(self, service: str, environment: str) -> Lease:
        return self.leases.get((service, environment), Lease(service, environment))

    def write_lease(self, lease: Lease) -> bool:
        key = (lease.service, lease.environment)
        if lease.revision != self.lease(*key).revision:
            return False
        self.leases[key] = replace(lease, revision=lease.revision + 1)
        return True

    def check_hold(self, hold: Hold) -> None:
        lease = self.lease(hold.service, hold.environment)
        if lease.holder is None or (lease.holder.promotion, lease.fence) != (hold.promotion, hold.fence):
            raise LeaseLost(
                f"{hold.promotion} does not hold {hold.environment} (fence {hold.fence}, now {lease.fence})"
            )

    def live(self, service: str, environment: str) -> LiveRelease | None:
        return self.lives.get((service, environment))

    def record_live(self, live: LiveRelease, hold: Hold, expansions: Collection[str] = ()) -> None:
        known = self.live(live.service, live.environment)
        if known is not None and known.promotion == live.promotion:
            return
        self.check_hold(hold)
        lease = self.lease(live.service, live.environment)
        self.lives[live.service, live.environment] = live
        self.write_lease(replace(lease, holder=None))
        for fingerprint in expansions:
            if (live.service, fingerprint) in self.expansions:
                self.expansions[live.service, fingerprint].used[live.environment] = live.promotion

    def open_promotion(self, promotion: Promotion, says: str, now: datetime) -> PromotionRecord:
        state = PromotionState.WAITING
        opened = PromotionRecord(promotion, state, says, now, timeline=(Remark(now, state, says),))
        return self.promotions.setdefault(promotion.id, opened)

    def promotion(self, promotion: Promotion) -> PromotionRecord | None:
        return self.promotions.get(promotion.id)

    def note(self, promotion: Promotion, state: PromotionState, says: str, now: datetime) -> None:
        record = self.promotions.get(promotion.id)
        if record is None or record.outcome is not None or (record.state, record.says) == (state, says):
            return
        timeline = (*record.timeline, Remark(now, state, says))
        self.promotions[promotion.id] = replace(record, state=state, says=says, updated=now, timeline=timeline)

    def close_promotion(self, promotion: Promotion, outcome: PromotionOutcome, says: str, now: datetime) -> bool:
        record = self.open_promotion(promotion, says, now)
        if record.outcome is not None:
            return False
        self.note(promotion, PromotionState.CLOSED, says, now)
        self.promotions[promotion.id] = replace(self.promotions[promotion.id], outcome=outcome)
        return True

    def record_plan(self, plan: PlanRecord, hold: Hold) -> PlanRecord:
        self.check_hold(hold)
        known = self.plans.get(plan.digest)
        if known is None or known.promotion.id != plan.promotion.id:
            revision = known.revision if known else 0
            known = self.plans[plan.digest] = replace(plan, revision=revision + 1)
        record = self.promotions.get(plan.promotion.id)
        if record is not None:
            self.promotions[plan.promotion.id] = replace(record, plan=plan.digest)
        return known

    def write_plan(self, plan: PlanRecord) -> bool:
        known = self.plans.get(plan.digest)
        if known is None or known.revision != plan.revision:
            return False
        self.plans[plan.digest] = replace(plan, revision=plan.revision + 1)
        if plan.state is PlanState.APPROVED and known.state is not PlanState.APPROVED:
            for fingerprint in plan.expansions:
                # A fresh approval opens every environment again, this one for this promotion.
                opened = {plan.promotion.environment: plan.promotion.id}
                self.expansions[plan.promotion.service, fingerprint] = OpenExpansion(plan.digest, opened)
        if plan.state is PlanState.VOIDED:
            for fingerprint in plan.expansions:
                found = self.expansions.get((plan.promotion.service, fingerprint))
                if found is not None and found.plan == plan.digest:
                    del self.expansions[plan.promotion.service, fingerprint]
        return True

    def approved_expansions(self, promotion: Promotion, expansions: Collection[str]) -> frozenset[str]:
        def open_here(fingerprint: str) -> bool:
            found = self.expansions.get((promotion.service, fingerprint))
            return found is not None and found.used.get(promotion.environment, promotion.id) == promotion.id

        return frozenset(fingerprint for fingerprint in expansions if open_here(fingerprint))

    def append_event(self, event: Event) -> Event:
        return self.written_events.setdefault(event.id, event)


def held(ledger: InMemoryLedger, promotion: Promotion) -> Hold:
    """The hold that a promotion has now, for tests that start in the middle."""
    return hold_of(promotion, ledger.lease(promotion.service, promotion.environment).fence)
