"""Registers a verified release for this execution and says which promotions are to come.

Input: `release`, `event`, `execution`. Output: outcome `registered` with `promotions`, one for each environment of the
service's path, `already_promoting` (a doubled event), or `conflict` with `verdict` (the version has other bytes).
"""

from __future__ import annotations

from typing import Any

from towpath.aws.runtime import runtime
from towpath.aws.step import logger
from towpath.promotion.events import EventKind, of_release
from towpath.promotion.records import Promotion, Release
from towpath.promotion.registration import Arrival, Registered, register
from towpath.verdict import Verdict


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    ports = runtime()
    release, execution = Release.from_json(event["release"]), str(event["execution"])
    logger.append_keys(correlation_id=release.chain)
    now = ports.clock.now()
    arrival = Arrival(release, execution, now, again=event["event"].get("again") is True)
    registration = register(ports.ledger, arrival, ports.executions.is_running)
    logger.info("registration", outcome=registration.outcome.value, says=registration.says)
    answer: dict[str, Any] = {"outcome": registration.outcome.value, "says": registration.says}
    if registration.reason is not None:
        return {**answer, "verdict": Verdict.refused(registration.reason).to_json()}
    if registration.outcome is not Registered.REGISTERED:
        return answer
    path = ports.settings.path_of(release.service)
    says = f"{release.service} {release.version} is verified and goes to {', '.join(path)}."
    specifics = {"path": list(path), "size": release.upload.size, "key": release.upload.key}
    ports.announcer.announce(of_release(EventKind.RELEASE_VERIFIED, release, says, now, specifics, cause=execution))
    promotions = [Promotion.of(release, environment, execution).to_json() for environment in path]
    return {**answer, "says": says, "promotions": promotions}
