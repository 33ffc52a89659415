"""The ledger in one DynamoDB table: conditional writes and transactions, and nothing decided here.

Every read that a decision rests on is consistent. A condition that fails is an answer (False, or LeaseLost), never an
error.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from towpath.aws import ledger_items as items
from towpath.aws.ledger_table import LedgerTable
from towpath.errors import LeaseLost, LedgerBusy
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
    to_text,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# So many remarks of so many characters (three bytes each at most, as good as always) fit the 400 KB of an item.
TIMELINE_LIMIT = 200
LONGEST_REMARK = 600
_TRANSACTION_LIMIT = 100  # actions of one TransactWriteItems


class DynamoDBPromotionLedger:
    """`towpath.promotion.ports.PromotionLedger` on a table with the string keys PK and SK."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = LedgerTable(client, table)

    # -- releases and stacks

    def release(self, service: str, version: str) -> ReleaseRecord | None:
        item = self._table.get(items.release_key(service, version))
        return items.to_release(item) if item else None

    def write_release(self, record: ReleaseRecord) -> bool:
        if record.revision == 0:
            self._table.put({"PK": items.SERVICES, "SK": record.release.service})
        return self._table.put_revision(items.from_release(replace(record, revision=record.revision + 1)))

    def record_rejection(self, rejection: Rejection) -> None:
        self._table.put(items.from_rejection(rejection), "attribute_not_exists(PK)")

    def own_stack(self, account: str, region: str, stack: str, owner: StackOwner) -> StackOwner:
        key, claim = items.stack_key(account, region, stack), asdict(owner)
        if self._table.put({**key, **claim}, "attribute_not_exists(PK)"):
            return owner
        found = self._table.get(key) or claim
        return StackOwner(str(found["service"]), str(found["environment"]))

    # -- leases and what is live

    def lease(self, service: str, environment: str) -> Lease:
        item = self._table.get(items.environment_key(service, environment, items.LEASE))
        return items.to_lease(item) if item else Lease(service, environment)

    def write_lease(self, lease: Lease) -> bool:
        return self._table.put_revision(items.from_lease(replace(lease, revision=lease.revision + 1)))

    def check_hold(self, hold: Hold) -> None:
        lease = self.lease(hold.service, hold.environment)
        if lease.holder is None or (lease.holder.promotion, lease.fence) != (hold.promotion, hold.fence):
            raise _lost(hold)

    def live(self, service: str, environment: str) -> LiveRelease | None:
        item = self._table.get(items.environment_key(service, environment, items.LIVE))
        return items.to_live(item) if item else None

    def record_live(self, live: LiveRelease, hold: Hold, expansions: Collection[str] = ()) -> None:
        for fingerprint in expansions:
            self._table.update(
                items.expansion_key(live.service, fingerprint),
                "SET used.#environment = :promotion",
                "attribute_exists(PK)",
                {":promotion": live.promotion},
                {"#environment": live.environment},
            )
        freed = {
            "Update": {
                **_held(self._table.name, hold),
                "UpdateExpression": "SET revision = revision + :one REMOVE holder",
                "ExpressionAttributeValues": {**_hold_values(hold), ":one": {"N": "1"}},
            }
        }
        put = {"Put": {"TableName": self._table.name, "Item": items.pack(items.from_live(live))}}
        if self._table.transact([freed, put]):
            return
        known = self.live(live.service, live.environment)
        if known is None or known.promotion != live.promotion:
            raise _lost(hold)

    # -- promotions

    def open_promotion(self, promotion: Promotion, says: str, now: datetime) -> PromotionRecord:
        state = PromotionState.WAITING
        record = PromotionRecord(promotion, state, says, now, timeline=(Remark(now, state, says),))
        if self._table.put(items.from_promotion(record), "attribute_not_exists(PK)"):
            return record
        return self.promotion(promotion) or record

    def promotion(self, promotion: Promotion) -> PromotionRecord | None:
        if promotion.started:
            item = self._table.get(items.promotion_key(promotion))
            return items.to_promotion(item) if item else None
        found = self._table.query(f"SERVICE#{promotion.service}", f"PROMOTION#{promotion.environment}#")
        return next((items.to_promotion(item) for item in found if item["promotion"]["id"] == promotion.id), None)

    def note(self, promotion: Promotion, state: PromotionState, says: str, now: datetime) -> None:
        self._remark(promotion, Remark(now, state, says))

    def close_promotion(self, promotion: Promotion, outcome: PromotionOutcome, says: str, now: datetime) -> bool:
        self.open_promotion(promotion, says, now)
        return self._remark(promotion, Remark(now, PromotionState.CLOSED, says), outcome)

    def _remark(self, promotion: Promotion, remark: Remark, outcome: PromotionOutcome | None = None) -> bool:
        """Add a remark to an open promotion, and close it when there is an outcome."""
        if outcome is None and len(remark.says) > LONGEST_REMARK:
            remark = replace(remark, says=f"{remark.says[: LONGEST_REMARK - 1]}…")
        values = {":state": remark.state.value, ":says": remark.says, ":updated": to_text(remark.time)}
        values |= {":remark": [items.from_remark(remark)]}
        change = "SET #state = :state, says = :says, updated = :updated, timeline = list_append(timeline, :remark)"
        condition = "attribute_exists(PK) AND attribute_not_exists(outcome)"
        if outcome is None:
            condition += " AND NOT (#state = :state AND says = :says) AND size(timeline) < :limit"
            values |= {":limit": TIMELINE_LIMIT}
        else:
            change += ", outcome = :outcome"
            values |= {":outcome": outcome.value}
        return self._table.update(items.promotion_key(promotion), change, condition, values, {"#state": "state"})

    # -- plans and approvals

    def plan(self, digest: str) -> PlanRecord | None:
        item = self._table.get(items.plan_key(digest))
        return items.to_plan(item) if item else None

    def record_plan(self, plan: PlanRecord, hold: Hold) -> PlanRecord:
        known = self.plan(plan.digest)
        if known is None or known.promotion.id != plan.promotion.id:
            revision = known.revision if known else 0
            stored = replace(plan, revision=revision + 1)
        else:
            stored = replace(known, revision=known.revision + 1)
        put = self._table.revised(items.from_plan(stored))
        check = {"ConditionCheck": {**_held(self._table.name, hold), "ExpressionAttributeValues": _hold_values(hold)}}
        name = {
            "Update": {
                "TableName": self._table.name,
                "Key": items.pack(items.promotion_key(plan.promotion)),
                "UpdateExpression": "SET #plan = :plan",
                "ConditionExpression": "attribute_exists(PK)",
                "ExpressionAttributeNames": {"#plan": "plan"},
                "ExpressionAttributeValues": {":plan": {"S": plan.digest}},
            }
        }
        if not self._table.transact([check, {"Put": put}, name]):
            self.check_hold(hold)
            raise LedgerBusy(f"the plan {plan.digest} changed while it was being recorded")
        return stored

    def write_plan(self, plan: PlanRecord) -> bool:
        if plan.state is PlanState.VOIDED:
            # First: should this be cut short, an approval too few is open, not one too many.
            self._close_expansions(plan)
        put = {"Put": self._table.revised(items.from_plan(replace(plan, revision=plan.revision + 1)))}
        opened = self._opened_expansions(plan) if plan.state is PlanState.APPROVED else []
        room = _TRANSACTION_LIMIT - 1
        if not self._table.transact([put, *opened[:room]]):
            return False
        # What does not fit follows; should this be cut short, the next environment asks for an approval again.
        for start in range(room, len(opened), _TRANSACTION_LIMIT):
            self._table.transact(opened[start : start + _TRANSACTION_LIMIT])
        return True

    def approved_expansions(self, promotion: Promotion, expansions: Collection[str]) -> frozenset[str]:
        def open_here(fingerprint: str) -> bool:
            item = self._table.get(items.expansion_key(promotion.service, fingerprint))
            if item is None or item.get("voided"):
                return False
            return item["used"].get(promotion.environment, promotion.id) == promotion.id

        return frozenset(fingerprint for fingerprint in expansions if open_here(fingerprint))

    def _opened_expansions(self, plan: PlanRecord) -> list[dict[str, Any]]:
        decision = plan.decision
        shared = {
            "used": {plan.promotion.environment: plan.promotion.id},
            "plan": plan.digest,
            "version": plan.promotion.version,
            **({"by": decision.by, "time": to_text(decision.time)} if decision else {}),
        }
        keys = (
            items.expansion_key(plan.promotion.service, fingerprint) for fingerprint in dict.fromkeys(plan.expansions)
        )
        return [{"Put": {"TableName": self._table.name, "Item": items.pack({**key, **shared})}} for key in keys]

    def _close_expansions(self, plan: PlanRecord) -> None:
        for fingerprint in plan.expansions:
            key = items.expansion_key(plan.promotion.service, fingerprint)
            values = {":plan": plan.digest, ":yes": True}
            self._table.update(key, "SET voided = :yes", "#plan = :plan", values, {"#plan": "plan"})

    # -- events

    def append_event(self, event: Event) -> Event:
        if self._table.put(items.from_event(event), "attribute_not_exists(PK)"):
            return event
        item = self._table.get(items.event_key(event.chain, event.id))
        return items.to_event(item) if item else event

    def events(self, chain: str) -> Sequence[Event]:
        found = [items.to_event(item) for item in self._table.query(f"CHAIN#{chain}", "EVENT#")]
        return sorted(found, key=lambda event: (event.time, event.id))

    # -- reading for people

    def services(self) -> Sequence[str]:
        return [str(item["SK"]) for item in self._table.query(items.SERVICES, "")]

    def overview(self, service: str, since: datetime | None = None) -> ServiceLedger:
        places = list(self._table.query(f"SERVICE#{service}", "ENVIRONMENT#"))
        if since is None:
            found = self._table.query(f"SERVICE#{service}", "PROMOTION#")
        else:
            environments = sorted({str(item["environment"]) for item in places})
            # To the second: Step Functions tells the time with fewer digits than we do.
            starts = [f"PROMOTION#{name}#{to_text(since)[:19]}" for name in environments]
            ends = [f"PROMOTION#{name}#~" for name in environments]
            ranges = zip(starts, ends, strict=True)
            found = (item for start, end in ranges for item in self._table.between(f"SERVICE#{service}", start, end))
        promotions = map(items.to_promotion, found)
        return ServiceLedger(
            service,
            tuple(items.to_release(item) for item in self._table.query(f"SERVICE#{service}", "RELEASE#")),
            tuple(items.to_live(item) for item in places if str(item["SK"]).endswith(f"#{items.LIVE}")),
            tuple(items.to_lease(item) for item in places if str(item["SK"]).endswith(f"#{items.LEASE}")),
            tuple(sorted(promotions, key=lambda record: record.promotion.started)),
            tuple(items.to_rejection(item) for item in self._table.query(f"SERVICE#{service}", "REJECTION#")),
        )


def _held(table: str, hold: Hold) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": items.pack(items.environment_key(hold.service, hold.environment, items.LEASE)),
        "ConditionExpression": "holder.promotion = :holder AND fence = :fence",
    }


def _hold_values(hold: Hold) -> dict[str, Any]:
    return {":holder": {"S": hold.promotion}, ":fence": {"N": str(hold.fence)}}


def _lost(hold: Hold) -> LeaseLost:
    return LeaseLost(f"{hold.promotion} no longer holds {hold.environment} of {hold.service} (fence {hold.fence})")
