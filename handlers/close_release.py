"""Says how the way of a release ended, in an event and in the ledger.

Input: `release` (null when it never got that far), `event`, `execution`, `outcome` (promoted, superseded, stopped,
rejected), `problem`, `promotion` (the one that the release stopped in, or null). Output: `outcome`, `says`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from towpath.aws.problem import reason_of
from towpath.aws.runtime import Runtime, runtime
from towpath.aws.step import logger
from towpath.errors import MalformedEvent
from towpath.promotion.records import Promotion, Release
from towpath.promotion.release_ending import ReleaseEnding, end_release
from towpath.promotion.uploads import read_upload


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    ports = runtime()
    release = _release(event)
    logger.append_keys(correlation_id=release.chain)
    says, specifics = _story(ports, release, event)
    ending = ReleaseEnding(release, str(event["execution"]), event["outcome"], says, specifics)
    end_release(ports.ledger, ports.announcer, ending, ports.clock.now())
    logger.info("the release ended", outcome=ending.end, says=says)
    return {"outcome": ending.end, "says": says}


def _release(event: Mapping[str, Any]) -> Release:
    if event.get("release"):
        return Release.from_json(event["release"])
    uploaded = read_upload(event["event"])
    if uploaded is None:
        raise MalformedEvent("there is neither a release nor an upload of one")
    return uploaded.unverified()


def _story(ports: Runtime, release: Release, event: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    problem: Mapping[str, Any] = event.get("problem") or {}
    if event["outcome"] == "promoted":
        path = list(ports.settings.path_of(release.service))
        return f"{release.service} {release.version} is live in {', '.join(path)}.", {"path": path}
    if event["outcome"] == "stopped" and event.get("promotion"):
        return _stopped(ports, Promotion.from_json(event["promotion"]), problem)
    verdict = problem.get("verdict")
    return reason_of(problem), {"key": release.upload.key, **({"verdict": verdict} if verdict else {})}


def _stopped(ports: Runtime, promotion: Promotion, problem: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Where the release stopped and why, as the promotion itself told the ledger."""
    record = ports.ledger.promotion(promotion)
    why = record.says if record is not None and record.outcome is not None else reason_of(problem)
    says = f"{promotion.service} {promotion.version} stopped in {promotion.environment}: {why}"
    outcome = record.outcome.value if record is not None and record.outcome is not None else "failed"
    return says, {"environment": promotion.environment, "promotion": promotion.id, "outcome": outcome}
