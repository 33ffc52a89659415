"""Windows: a promotion starts, and after an approval goes on, only while its environment is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handlers.take_environment import handler
from tests.fakes.runtime import SETTINGS, FakeRuntime
from tests.unit.promotion.test_records import release
from towpath.aws.runtime import replaced
from towpath.errors import LeaseLost, ReleaseMissing
from towpath.promotion.records import Promotion, ReleaseRecord

# It is Monday, 09:00 UTC, in the fakes.
PREVIEW = replace(SETTINGS.environments["preview"], windows=("mon-fri 08:00-16:00 UTC",))


@pytest.fixture
def runtime() -> Iterator[FakeRuntime]:
    found = FakeRuntime(replace(SETTINGS, environments={**SETTINGS.environments, "preview": PREVIEW}))
    found.fake_ledger.write_release(ReleaseRecord(release(), "arn:parent"))
    with replaced(found):
        yield found


def take(fence: int = 0, cause: str = "arn:parent") -> dict[str, Any]:
    promotion = replace(Promotion.of(release(), "preview", cause), execution=f"arn:{cause}", started="2026")
    return handler({"promotion": promotion.to_json(), "fence": fence}, None)


def test_outside_its_windows_an_environment_is_not_taken(runtime: FakeRuntime) -> None:
    runtime.fake_clock.advance(hours=8)
    found = take()
    assert found["outcome"] == "closed"
    assert found["says"] == "preview is closed until Tue 2026-11-24 08:00 UTC."
    runtime.fake_clock.advance(hours=15)
    assert take()["outcome"] == "taken"


def test_who_has_it_goes_on_only_while_it_is_open(runtime: FakeRuntime) -> None:
    fence = take()["fence"]
    assert take(fence)["outcome"] == "taken"
    runtime.fake_clock.moment += timedelta(hours=8)
    assert take(fence)["outcome"] == "closed"
    assert runtime.fake_ledger.lease("orders", "preview").holder is not None


def test_who_lost_it_hears_so(runtime: FakeRuntime) -> None:
    fence = take()["fence"]
    with pytest.raises(LeaseLost):
        take(fence + 1)


def test_who_waits_is_told_for_whom(runtime: FakeRuntime) -> None:
    take()
    assert take(cause="arn:other") == {"outcome": "waiting", "says": "Waiting for preview: 1.2.0 has it."}


def test_a_release_that_the_ledger_does_not_know_takes_nothing(runtime: FakeRuntime) -> None:
    runtime.fake_ledger.releases.clear()
    with pytest.raises(ReleaseMissing):
        take()
