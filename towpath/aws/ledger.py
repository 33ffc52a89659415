"""The ledger in one DynamoDB table: conditional writes and transactions, and nothing decided here.

Every read that a decision rests on is consistent. A condition that fails is an answer (False, or LeaseLost), never an
error; a conflict between transactions is an error that is worth another attempt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from towpath.aws import ledger_items as items
from towpath.aws.errors import aws_errors, error_code
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
    to_text,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# A remark is about 200 bytes; this many stay far below the 400 KB that one item may have.
TIMELINE_LIMIT = 1000
_TRANSACTION_LIMIT = 100  # actions of one TransactWriteItems


class DynamoDBPromotionLedger:
    """`towpath.promotion.ports.PromotionLedger` on a table with the string keys PK and SK."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    # -- releases and stacks

    def release(self, service: str, version: str) -> ReleaseRecord | None:
        item = self._get(items.release_key(service, version))
        return items.to_release(item) if item else None

    def write_release(self, record: ReleaseRecord) -> bool:
        if record.revision == 0:
            self._put({"PK": items.SERVICES, "SK": record.release.service})
        return self._put_revision(items.from_release(replace(record, revision=record.revision + 1)))

    def record_rejection(self, rejection: Rejection) -> None:
        self._put(items.from_rejection(rejection), "attribute_not_exists(PK)")

    def own_stack(self, account: str, region: str, stack: str, service: str) -> str:
        key = items.stack_key(account, region, stack)
        if self._put({**key, "service": service}, "attribute_not_exists(PK)"):
            return service
        return str((self._get(key) or {"service": service})["service"])

    # -- leases and what is live

    def lease(self, service: str, environment: str) -> Lease:
        item = self._get(items.environment_key(service, environment, items.LEASE))
        return items.to_lease(item) if item else Lease(service, environment)

    def write_lease(self, lease: Lease) -> bool:
        return self._put_revision(items.from_lease(replace(lease, revision=lease.revision + 1)))

    def check_hold(self, hold: Hold) -> None:
        lease = self.lease(hold.service, hold.environment)
        if lease.holder is None or (lease.holder.promotion, lease.fence) != (hold.promotion, hold.fence):
            raise _lost(hold)

    def live(self, service: str, environment: str) -> LiveRelease | None:
        item = self._get(items.environment_key(service, environment, items.LIVE))
        return items.to_live(item) if item else None

    def record_live(self, live: LiveRelease, hold: Hold, expansions: Collection[str] = ()) -> None:
        for fingerprint in expansions:
            self._update(
                items.expansion_key(live.service, fingerprint),
                "SET used.#environment = :promotion",
                "attribute_exists(PK)",
                {":promotion": live.promotion},
                {"#environment": live.environment},
            )
        freed = {
            "Update": {
                **self._held(hold),
                "UpdateExpression": "SET revision = revision + :one REMOVE holder",
                "ExpressionAttributeValues": {**_hold_values(hold), ":one": {"N": "1"}},
            }
        }
        put = {"Put": {"TableName": self._table, "Item": items.pack(items.from_live(live))}}
        if self._transact([freed, put]):
            return
        known = self.live(live.service, live.environment)
        if known is None or known.promotion != live.promotion:
            raise _lost(hold)

    # -- promotions

    def open_promotion(self, promotion: Promotion, says: str, now: datetime) -> PromotionRecord:
        state = PromotionState.WAITING
        record = PromotionRecord(promotion, state, says, now, timeline=(Remark(now, state, says),))
        if self._put(items.from_promotion(record), "attribute_not_exists(PK)"):
            return record
        return self.promotion(promotion) or record

    def promotion(self, promotion: Promotion) -> PromotionRecord | None:
        if promotion.started:
            item = self._get(items.promotion_key(promotion))
            return items.to_promotion(item) if item else None
        found = self._query(f"SERVICE#{promotion.service}", f"PROMOTION#{promotion.environment}#")
        return next((items.to_promotion(item) for item in found if item["promotion"]["id"] == promotion.id), None)

    def note(self, promotion: Promotion, state: PromotionState, says: str, now: datetime) -> None:
        self._remark(promotion, Remark(now, state, says))

    def close_promotion(self, promotion: Promotion, outcome: PromotionOutcome, says: str, now: datetime) -> bool:
        self.open_promotion(promotion, says, now)
        return self._remark(promotion, Remark(now, PromotionState.CLOSED, says), outcome)

    def _remark(self, promotion: Promotion, remark: Remark, outcome: PromotionOutcome | None = None) -> bool:
        """Add a remark to an open promotion, and close it when there is an outcome."""
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
        return self._update(items.promotion_key(promotion), change, condition, values, {"#state": "state"})

    # -- plans and approvals

    def plan(self, digest: str) -> PlanRecord | None:
        item = self._get(items.plan_key(digest))
        return items.to_plan(item) if item else None

    def record_plan(self, plan: PlanRecord, hold: Hold) -> PlanRecord:
        known = self.plan(plan.digest)
        if known is None or known.promotion.id != plan.promotion.id:
            revision = known.revision if known else 0
            stored = replace(plan, revision=revision + 1)
            put = self._revised(items.from_plan(stored))
        else:
            stored = known
            put = self._revised(items.from_plan(replace(known, revision=known.revision + 1)))
            stored = replace(known, revision=known.revision + 1)
        check = {"ConditionCheck": {**self._held(hold), "ExpressionAttributeValues": _hold_values(hold)}}
        name = {
            "Update": {
                "TableName": self._table,
                "Key": items.pack(items.promotion_key(plan.promotion)),
                "UpdateExpression": "SET #plan = :plan",
                "ConditionExpression": "attribute_exists(PK)",
                "ExpressionAttributeNames": {"#plan": "plan"},
                "ExpressionAttributeValues": {":plan": {"S": plan.digest}},
            }
        }
        if not self._transact([check, {"Put": put}, name]):
            self.check_hold(hold)
            raise LedgerBusy(f"the plan {plan.digest} changed while it was being recorded")
        return stored

    def write_plan(self, plan: PlanRecord) -> bool:
        if plan.state is PlanState.VOIDED:
            # First: should this be cut short, an approval too few is open, not one too many.
            self._close_expansions(plan)
        put = {"Put": self._revised(items.from_plan(replace(plan, revision=plan.revision + 1)))}
        opened = self._opened_expansions(plan) if plan.state is PlanState.APPROVED else []
        room = _TRANSACTION_LIMIT - 1
        if not self._transact([put, *opened[:room]]):
            return False
        # What does not fit follows; should this be cut short, the next environment asks for an approval again.
        for start in range(room, len(opened), _TRANSACTION_LIMIT):
            self._transact(opened[start : start + _TRANSACTION_LIMIT])
        return True

    def approved_expansions(self, promotion: Promotion, expansions: Collection[str]) -> frozenset[str]:
        def open_here(fingerprint: str) -> bool:
            item = self._get(items.expansion_key(promotion.service, fingerprint))
            return item is not None and item["used"].get(promotion.environment, promotion.id) == promotion.id

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
        return [{"Put": {"TableName": self._table, "Item": items.pack({**key, **shared})}} for key in keys]

    def _close_expansions(self, plan: PlanRecord) -> None:
        for fingerprint in plan.expansions:
            key = items.expansion_key(plan.promotion.service, fingerprint)
            with aws_errors("closing an approved expansion in the ledger"):
                try:
                    self._client.delete_item(
                        TableName=self._table,
                        Key=items.pack(key),
                        ConditionExpression="#plan = :plan",
                        ExpressionAttributeNames={"#plan": "plan"},
                        ExpressionAttributeValues={":plan": {"S": plan.digest}},
                    )
                except self._client.exceptions.ConditionalCheckFailedException:
                    continue

    # -- events

    def append_event(self, event: Event) -> Event:
        if self._put(items.from_event(event), "attribute_not_exists(PK)"):
            return event
        item = self._get(items.event_key(event.chain, event.id))
        return items.to_event(item) if item else event

    def events(self, chain: str) -> Sequence[Event]:
        found = [items.to_event(item) for item in self._query(f"CHAIN#{chain}", "EVENT#")]
        return sorted(found, key=lambda event: (event.time, event.id))

    # -- reading for people

    def services(self) -> Sequence[str]:
        return [str(item["SK"]) for item in self._query(items.SERVICES, "")]

    def overview(self, service: str) -> ServiceLedger:
        places = list(self._query(f"SERVICE#{service}", "ENVIRONMENT#"))
        promotions = map(items.to_promotion, self._query(f"SERVICE#{service}", "PROMOTION#"))
        return ServiceLedger(
            service,
            tuple(items.to_release(item) for item in self._query(f"SERVICE#{service}", "RELEASE#")),
            tuple(items.to_live(item) for item in places if str(item["SK"]).endswith(f"#{items.LIVE}")),
            tuple(items.to_lease(item) for item in places if str(item["SK"]).endswith(f"#{items.LEASE}")),
            tuple(sorted(promotions, key=lambda record: record.promotion.started)),
            tuple(items.to_rejection(item) for item in self._query(f"SERVICE#{service}", "REJECTION#")),
        )

    # -- DynamoDB

    def _get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        with aws_errors(f"reading {key['PK']} / {key['SK']} from the ledger"):
            found = self._client.get_item(TableName=self._table, Key=items.pack(key), ConsistentRead=True).get("Item")
        return items.unpack(found) if found else None

    def _query(self, partition: str, prefix: str) -> Iterator[dict[str, Any]]:
        condition = "PK = :partition AND begins_with(SK, :prefix)" if prefix else "PK = :partition"
        values = {":partition": partition, **({":prefix": prefix} if prefix else {})}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=items.pack(values),
            ConsistentRead=True,
        )
        with aws_errors(f"reading {partition} from the ledger"):
            for page in pages:
                yield from map(items.unpack, page["Items"])

    def _put(self, item: Mapping[str, Any], condition: str = "", values: Mapping[str, Any] | None = None) -> bool:
        wanted: dict[str, Any] = {"TableName": self._table, "Item": items.pack(item)}
        if condition:
            wanted["ConditionExpression"] = condition
        if values:
            wanted["ExpressionAttributeValues"] = items.pack(values)
        with aws_errors(f"writing {item['PK']} / {item['SK']} to the ledger"):
            try:
                self._client.put_item(**wanted)
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _put_revision(self, item: Mapping[str, Any]) -> bool:
        """Put an item that carries its new revision, if the stored one is the revision before."""
        before = int(item["revision"]) - 1
        if before == 0:
            return self._put(item, "attribute_not_exists(PK)")
        return self._put(item, "revision = :before", {":before": before})

    def _revised(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The same as an action of a transaction."""
        before = int(item["revision"]) - 1
        put: dict[str, Any] = {"TableName": self._table, "Item": items.pack(item)}
        if before == 0:
            return {**put, "ConditionExpression": "attribute_not_exists(PK)"}
        values = items.pack({":before": before})
        return {**put, "ConditionExpression": "revision = :before", "ExpressionAttributeValues": values}

    def _update(
        self,
        key: Mapping[str, str],
        change: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> bool:
        with aws_errors(f"changing {key['PK']} / {key['SK']} in the ledger"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=items.pack(key),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=items.pack(values),
                    ExpressionAttributeNames=names,
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _held(self, hold: Hold) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": items.pack(items.environment_key(hold.service, hold.environment, items.LEASE)),
            "ConditionExpression": "holder.promotion = :holder AND fence = :fence",
        }

    def _transact(self, actions: Sequence[Mapping[str, Any]]) -> bool:
        """Do all or nothing. False when a condition failed; LedgerBusy when another transaction was in the way."""
        from botocore.exceptions import ClientError

        wanted: list[TransactWriteItemTypeDef] = [dict(action) for action in actions]  # type: ignore[misc]
        with aws_errors("writing a transaction to the ledger"):
            try:
                self._client.transact_write_items(TransactItems=wanted)
            except ClientError as error:
                if error_code(error) != "TransactionCanceledException":
                    raise
                codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
                if "ConditionalCheckFailed" in codes:
                    return False
                raise LedgerBusy(f"a transaction was cancelled: {error}") from error
        return True


def _hold_values(hold: Hold) -> dict[str, Any]:
    return {":holder": {"S": hold.promotion}, ":fence": {"N": str(hold.fence)}}


def _lost(hold: Hold) -> LeaseLost:
    return LeaseLost(f"{hold.promotion} no longer holds {hold.environment} of {hold.service} (fence {hold.fence})")
