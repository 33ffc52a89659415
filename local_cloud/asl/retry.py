"""Whether a failed state is tried again, when, and where it goes when it is not.

Decides that the first matching retrier rules, the delays (interval, backoff rate, cap, full jitter) and what a catcher
is given. Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from local_cloud.asl import data
from local_cloud.asl.failure import StateFailure, matches
from local_cloud.asl.visit import Outcome, Visit

DEFAULT_ATTEMPTS = 3
LONGEST_DELAY = 31_622_400


async def with_retries(visit: Visit, attempt: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Run a state's attempts under its Retry and Catch; raises `StateFailure` when nothing takes the last failure."""
    retriers: Sequence[Mapping[str, Any]] = visit.state.get("Retry", ())
    used = [0] * len(retriers)
    while True:
        try:
            return await attempt()
        except StateFailure as failure:
            index = _first(retriers, failure.error)
            if index is None or used[index] >= retriers[index].get("MaxAttempts", DEFAULT_ATTEMPTS):
                return _catch(visit, failure)
            await visit.branch.execution.services.wait(delay(retriers[index], used[index]))
            used[index] += 1
            visit.retries += 1


def delay(retrier: Mapping[str, Any], earlier: int) -> float:
    """Seconds before the next attempt, after `earlier` retries by this retrier."""
    interval = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** earlier
    seconds = min(interval, float(retrier.get("MaxDelaySeconds", LONGEST_DELAY)))
    return random.uniform(0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds  # noqa: S311 -- jitter


def _catch(visit: Visit, failure: StateFailure) -> Outcome:
    catchers: Sequence[Mapping[str, Any]] = visit.state.get("Catch", ())
    index = _first(catchers, failure.error)
    if index is None:
        raise failure
    return data.caught(visit, catchers[index], {"Error": failure.error, "Cause": failure.cause})


def _first(rules: Sequence[Mapping[str, Any]], error: str) -> int | None:
    return next((index for index, rule in enumerate(rules) if matches(rule["ErrorEquals"], error)), None)
