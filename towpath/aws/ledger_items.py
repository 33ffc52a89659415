"""How the ledger's records look as DynamoDB items: their keys and their attributes.

One table, two string keys. What conditions look at is a native attribute; free-form parts (an event's detail, what a
live release carries along) are JSON text, because DynamoDB has no floats.

    SERVICES            / <service>                           that the service exists
    SERVICE#<service>   / RELEASE#<version>                   a release and who promotes it
    SERVICE#<service>   / ENVIRONMENT#<environment>#LEASE     who may change the environment
    SERVICE#<service>   / ENVIRONMENT#<environment>#LIVE      what serves there
    SERVICE#<service>   / PROMOTION#<environment>#<started>#<id>
    SERVICE#<service>   / REJECTION#<version>#<chain>         an upload that did not become a release
    SERVICE#<service>   / EXPANSION#<fingerprint>             an approved widening, and where it was used up
    PLAN#<digest>       / PLAN
    STACK#<account>#<region>#<stack> / OWNER
    CHAIN#<chain>       / EVENT#<id>                          the id comes from the cause, so a retry meets its own item
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from towpath.promotion.events import Event
from towpath.promotion.records import (
    Contender,
    Decision,
    Lease,
    LiveRelease,
    PlanRecord,
    PlanState,
    Promotion,
    PromotionOutcome,
    PromotionRecord,
    PromotionState,
    Rejection,
    Release,
    ReleaseOrder,
    ReleaseRecord,
    ReleaseState,
    Remark,
    to_moment,
    to_text,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

SERVICES = "SERVICES"
LEASE, LIVE = "LEASE", "LIVE"


def service_key(service: str, sort: str) -> dict[str, str]:
    return {"PK": f"SERVICE#{service}", "SK": sort}


def release_key(service: str, version: str) -> dict[str, str]:
    return service_key(service, f"RELEASE#{version}")


def environment_key(service: str, environment: str, part: str) -> dict[str, str]:
    return service_key(service, f"ENVIRONMENT#{environment}#{part}")


def promotion_key(promotion: Promotion) -> dict[str, str]:
    return service_key(promotion.service, f"PROMOTION#{promotion.environment}#{promotion.started}#{promotion.id}")


def expansion_key(service: str, fingerprint: str) -> dict[str, str]:
    return service_key(service, f"EXPANSION#{fingerprint}")


def plan_key(digest: str) -> dict[str, str]:
    return {"PK": f"PLAN#{digest}", "SK": "PLAN"}


def stack_key(account: str, region: str, stack: str) -> dict[str, str]:
    return {"PK": f"STACK#{account}#{region}#{stack}", "SK": "OWNER"}


def event_key(chain: str, identity: str) -> dict[str, str]:
    return {"PK": f"CHAIN#{chain}", "SK": f"EVENT#{identity}"}


def pack(values: Mapping[str, Any]) -> Item:
    """Plain values as DynamoDB attributes."""
    from boto3.dynamodb.types import TypeSerializer

    serializer = TypeSerializer()
    return {name: cast("AttributeValueTypeDef", serializer.serialize(value)) for name, value in values.items()}


def unpack(item: Mapping[str, Any]) -> dict[str, Any]:
    """DynamoDB attributes as plain values; numbers come back as Decimal."""
    from boto3.dynamodb.types import TypeDeserializer

    deserializer = TypeDeserializer()
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def from_release(record: ReleaseRecord) -> dict[str, Any]:
    return {
        **release_key(record.release.service, record.release.version),
        "release": record.release.to_json(),
        "execution": record.execution,
        "state": record.state.value,
        "says": record.says,
        "updated": to_text(record.updated),
        "revision": record.revision,
    }


def to_release(item: Mapping[str, Any]) -> ReleaseRecord:
    return ReleaseRecord(
        release=Release.from_json(item["release"]),
        execution=str(item["execution"]),
        state=ReleaseState(item["state"]),
        says=str(item["says"]),
        updated=to_moment(item["updated"]),
        revision=int(item["revision"]),
    )


def from_lease(lease: Lease) -> dict[str, Any]:
    contenders = {"holder": lease.holder, "waiter": lease.waiter}
    return {
        **environment_key(lease.service, lease.environment, LEASE),
        "service": lease.service,
        "environment": lease.environment,
        "fence": lease.fence,
        "revision": lease.revision,
        **{name: from_contender(someone) for name, someone in contenders.items() if someone is not None},
    }


def to_lease(item: Mapping[str, Any]) -> Lease:
    return Lease(
        service=str(item["service"]),
        environment=str(item["environment"]),
        fence=int(item["fence"]),
        holder=to_contender(item["holder"]) if "holder" in item else None,
        waiter=to_contender(item["waiter"]) if "waiter" in item else None,
        revision=int(item["revision"]),
    )


def from_contender(contender: Contender) -> dict[str, Any]:
    order = contender.order.to_json()
    return {"promotion": contender.promotion, "execution": contender.execution, "order": order}


def to_contender(item: Mapping[str, Any]) -> Contender:
    return Contender(str(item["promotion"]), str(item["execution"]), ReleaseOrder.from_json(item["order"]))


def from_live(live: LiveRelease) -> dict[str, Any]:
    return {
        **environment_key(live.service, live.environment, LIVE),
        "service": live.service,
        "environment": live.environment,
        "version": live.version,
        "digest": live.digest,
        "promotion": live.promotion,
        "since": to_text(live.since),
        "order": live.order.to_json(),
        "previous_version": live.previous_version,
        "previous_digest": live.previous_digest,
        "details": json.dumps(live.details),
    }


def to_live(item: Mapping[str, Any]) -> LiveRelease:
    return LiveRelease(
        service=str(item["service"]),
        environment=str(item["environment"]),
        version=str(item["version"]),
        digest=str(item["digest"]),
        promotion=str(item["promotion"]),
        since=to_moment(item["since"]),
        order=ReleaseOrder.from_json(item["order"]),
        previous_version=str(item["previous_version"]),
        previous_digest=str(item["previous_digest"]),
        details=json.loads(item["details"]),
    )


def from_remark(remark: Remark) -> dict[str, str]:
    return {"time": to_text(remark.time), "state": remark.state.value, "says": remark.says}


def from_promotion(record: PromotionRecord) -> dict[str, Any]:
    return {
        **promotion_key(record.promotion),
        "promotion": record.promotion.to_json(),
        "state": record.state.value,
        "says": record.says,
        "updated": to_text(record.updated),
        "plan": record.plan,
        "timeline": [from_remark(remark) for remark in record.timeline],
        **({"outcome": record.outcome.value} if record.outcome else {}),
    }


def to_promotion(item: Mapping[str, Any]) -> PromotionRecord:
    timeline = (
        Remark(to_moment(part["time"]), PromotionState(part["state"]), part["says"]) for part in item["timeline"]
    )
    return PromotionRecord(
        promotion=Promotion.from_json(item["promotion"]),
        state=PromotionState(item["state"]),
        says=str(item["says"]),
        updated=to_moment(item["updated"]),
        outcome=PromotionOutcome(item["outcome"]) if "outcome" in item else None,
        plan=str(item["plan"]),
        timeline=tuple(timeline),
    )


def from_rejection(rejection: Rejection) -> dict[str, Any]:
    return {
        **service_key(rejection.service, f"REJECTION#{rejection.version}#{rejection.chain}"),
        "service": rejection.service,
        "version": rejection.version,
        "chain": rejection.chain,
        "time": to_text(rejection.time),
        "says": rejection.says,
    }


def to_rejection(item: Mapping[str, Any]) -> Rejection:
    time = to_moment(item["time"])
    return Rejection(str(item["service"]), str(item["version"]), str(item["chain"]), time, str(item["says"]))


def from_plan(plan: PlanRecord) -> dict[str, Any]:
    optional = {
        "asked": to_text(plan.asked) if plan.asked else None,
        "expires": to_text(plan.expires) if plan.expires else None,
        "decision": _from_decision(plan.decision) if plan.decision else None,
    }
    return {
        **plan_key(plan.digest),
        "digest": plan.digest,
        "promotion": plan.promotion.to_json(),
        "document": plan.document,
        "state": plan.state.value,
        "expansions": list(plan.expansions),
        "reasons": list(plan.reasons),
        "token": plan.token,
        "revision": plan.revision,
        **{name: value for name, value in optional.items() if value is not None},
    }


def to_plan(item: Mapping[str, Any]) -> PlanRecord:
    return PlanRecord(
        digest=str(item["digest"]),
        promotion=Promotion.from_json(item["promotion"]),
        document=str(item["document"]),
        state=PlanState(item["state"]),
        expansions=tuple(item["expansions"]),
        reasons=tuple(item["reasons"]),
        token=str(item["token"]),
        asked=to_moment(item["asked"]) if "asked" in item else None,
        expires=to_moment(item["expires"]) if "expires" in item else None,
        decision=_to_decision(item["decision"]) if "decision" in item else None,
        revision=int(item["revision"]),
    )


def _from_decision(decision: Decision) -> dict[str, str]:
    return {"by": decision.by, "time": to_text(decision.time), "comment": decision.comment}


def _to_decision(item: Mapping[str, Any]) -> Decision:
    return Decision(str(item["by"]), to_moment(item["time"]), str(item["comment"]))


def from_event(event: Event) -> dict[str, Any]:
    detail = json.dumps(event.to_detail(), ensure_ascii=False)
    time = to_text(event.time)
    return {**event_key(event.chain, event.id), "kind": event.kind.value, "time": time, "detail": detail}


def to_event(item: Mapping[str, Any]) -> Event:
    return Event.from_detail(str(item["kind"]), json.loads(item["detail"]))
