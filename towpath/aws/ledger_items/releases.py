"""Releases and rejections as items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from towpath.aws.ledger_items.keys import release_key, service_key
from towpath.promotion.records import Rejection, Release, ReleaseRecord, ReleaseState, to_moment, to_text


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
