"""Leases and live releases as items."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from towpath.aws.ledger_items.keys import LEASE, LIVE, environment_key
from towpath.promotion.records import Contender, Lease, LiveRelease, ReleaseOrder, to_moment, to_text


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
