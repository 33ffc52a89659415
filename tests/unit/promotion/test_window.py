"""Windows are open when their words say so, on the wall clocks of their zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.promotion.window import Window, is_open, opens_at

BERLIN = ZoneInfo("Europe/Berlin")
# 2026-11-23 is a Monday.
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def windows(zones: st.SearchStrategy[str]) -> st.SearchStrategy[Window]:
    minutes = st.integers(0, 24 * 60 - 1)
    days = st.frozensets(st.integers(0, 6), min_size=1)
    return st.builds(Window, days, minutes, minutes, zones).filter(lambda window: window.opens != window.closes)


@pytest.mark.parametrize(
    ("text", "days", "opens", "closes"),
    [
        ("mon-fri 08:00-16:00 Europe/Berlin", {0, 1, 2, 3, 4}, 480, 960),
        ("sat-mon 00:00-24:00 Etc/GMT+5", {5, 6, 0}, 0, 1440),
        ("tue,thu 22:00-02:00 UTC", {1, 3}, 1320, 120),
        ("sun 09:30-09:31 UTC", {6}, 570, 571),
        ("mon-tue,fri 01:00-02:00 UTC", {0, 1, 4}, 60, 120),
    ],
)
def test_reads_days_and_hours(text: str, days: set[int], opens: int, closes: int) -> None:
    window = Window.parse(text)
    assert (window.days, window.opens, window.closes) == (days, opens, closes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weekdays 08:00-16:00 UTC", "is not a window"),
        ("mon-tue-wed 08:00-16:00 UTC", "not a range of days"),
        ("mon 08:00-16:00", "is not a window"),
        ("mon 08:60-16:00 UTC", "not a time of day"),
        ("mon 08:00-24:01 UTC", "not a time of day"),
        ("mon 08:00-08:00 UTC", "never open"),
        ("mon 24:00-08:00 UTC", "never open"),
        ("mon 08:00-16:00 Europe/Bonn", "not a time zone"),
        ("mon 08:00-16:00 ../etc/passwd", "is not a window"),
        ("mon 08:00-16:00 /etc/localtime", "not a time zone"),
    ],
)
def test_refuses_what_is_no_window(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Window.parse(text)


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    window = Window.parse("mon 22:00-02:00 UTC")
    assert [window.is_open(MONDAY + timedelta(hours=hour)) for hour in (1, 21, 22, 25, 26)] == [
        False, False, True, True, False,
    ]  # fmt: skip


def test_wall_clocks_decide_when_the_clocks_change() -> None:
    window = Window.parse("mon-sun 08:00-09:00 Europe/Berlin")
    assert window.is_open(datetime(2026, 10, 24, 6, 30, tzinfo=UTC))
    assert window.is_open(datetime(2026, 10, 25, 7, 30, tzinfo=UTC))
    assert not window.is_open(datetime(2026, 10, 25, 6, 30, tzinfo=UTC))


def test_no_windows_means_always() -> None:
    assert is_open((), MONDAY)
    assert opens_at((), MONDAY) == MONDAY


def test_the_earliest_of_several_windows_counts() -> None:
    several = (Window.parse("wed 08:00-09:00 UTC"), Window.parse("tue 08:00-09:00 UTC"))
    assert opens_at(several, MONDAY) == MONDAY + timedelta(hours=32)


@given(windows(st.just("UTC")), st.integers(0, 14 * 24 * 60))
def test_the_opening_is_the_first_open_minute(window: Window, minutes: int) -> None:
    now = MONDAY + timedelta(minutes=minutes)
    opening = window.opens_at(now)
    scanned = next(now + timedelta(minutes=m) for m in range(8 * 1440) if window.is_open(now + timedelta(minutes=m)))
    assert opening == scanned


@given(
    windows(st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])),
    st.integers(0, 2 * 365 * 1440).map(lambda minutes: MONDAY + timedelta(minutes=minutes)),
)
def test_the_opening_is_open_and_not_in_the_past(window: Window, now: datetime) -> None:
    opening = window.opens_at(now)
    assert opening >= now
    assert window.is_open(opening)
    assert (opening == now) == window.is_open(now)
