import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.voices import MORNING
from towpath.promotion.records import Promotion, Release, ReleaseOrder, Upload, to_moment, to_text

VERSIONS = st.sampled_from(
    ["1.0.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0+a", "1.0.0+b", "1.10.0", "1.9.0", "2.0.0-rc.1"]
)
ORDERS = st.builds(ReleaseOrder, st.integers(0, 2).map(lambda s: MORNING + timedelta(seconds=s)), VERSIONS)


def release(service: str = "orders", version: str = "1.2.0") -> Release:
    upload = Upload("releases", f"releases/{service}/{version}.zip", "v1", 10, MORNING)
    return Release(service, version, "d" * 64, "chain", upload, stack=service)


@given(ORDERS, ORDERS, ORDERS)
def test_the_order_of_releases_is_total(one: ReleaseOrder, two: ReleaseOrder, three: ReleaseOrder) -> None:
    assert (one < two) + (two < one) + (one == two) == 1
    assert not (one < two and two < three) or one < three


def test_later_uploads_are_newer_and_in_one_second_the_higher_version() -> None:
    later = MORNING + timedelta(seconds=1)
    assert ReleaseOrder(later, "1.0.0") > ReleaseOrder(MORNING, "2.0.0")
    assert ReleaseOrder(MORNING, "1.10.0") > ReleaseOrder(MORNING, "1.9.0")
    assert ReleaseOrder(MORNING, "1.0.0") > ReleaseOrder(MORNING, "1.0.0-rc.1")


@given(st.from_regex(r"[a-z][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True), st.integers(1, 120), st.integers(1, 20))
def test_a_promotion_has_a_name_that_an_execution_may_have(service: str, length: int, place: int) -> None:
    version = ("1.2.0-" + "a1." * 40)[: 5 + length].rstrip(".-")
    found = Promotion.of(release(service, version), "e" * place, "arn:cause")
    assert len(found.id) <= 80
    assert re.fullmatch(r"[A-Za-z0-9._+-]+", found.id)
    assert found.id.startswith(service)


def test_the_same_cause_makes_the_same_promotion_and_another_cause_another() -> None:
    assert Promotion.of(release(), "preview", "arn:1") == Promotion.of(release(), "preview", "arn:1")
    assert Promotion.of(release(), "preview", "arn:1").id != Promotion.of(release(), "preview", "arn:2").id
    assert Promotion.of(release(), "preview", "arn:1").id.startswith("orders-1.2.0-preview-")


def test_records_come_back_from_json() -> None:
    promotion = Promotion.of(release(), "preview", "arn:1")
    assert Promotion.from_json(promotion.to_json()) == promotion
    assert Release.from_json(release().to_json()).upload == release().upload


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_texts_of_moments_sort_as_the_moments_do(one: datetime, two: datetime) -> None:
    assert to_moment(to_text(one)) == one
    assert (to_text(one) < to_text(two)) == (one < two)


def test_a_moment_without_an_offset_is_utc() -> None:
    assert to_moment("2026-11-23T09:00:00") == MORNING


def test_a_version_that_is_none_cannot_be_ordered() -> None:
    with pytest.raises(ValueError, match="not valid SemVer"):
        _ = ReleaseOrder(MORNING, "one") < ReleaseOrder(MORNING, "two")
