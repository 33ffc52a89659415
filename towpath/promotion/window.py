"""When an environment is open for promotions: weekly windows in a time zone, written as people say them.

`mon-fri 08:00-16:00 Europe/Berlin` is open from 08:00 until just before 16:00 on the wall clocks of Berlin. A window
that ends before it begins (`22:00-02:00`) runs past midnight and belongs to the day on which it opens.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(_DAYS)
_FORM = re.compile(
    rf"(?P<days>(?:{_DAY})(?:[-,](?:{_DAY}))*) (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d) (?P<zone>[A-Za-z0-9_+/-]+)"
)
_EXAMPLE = "Write it like 'mon-fri 08:00-16:00 Europe/Berlin'."


@dataclass(frozen=True, slots=True)
class Window:
    """Weekdays (Monday is 0), minutes since midnight at which it opens and closes, and the name of its time zone."""

    days: frozenset[int]
    opens: int
    closes: int
    zone: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The window that `text` describes. Raises ValueError that says what is wrong with it."""
        form = _FORM.fullmatch(text)
        if form is None:
            raise ValueError(f"{text!r} is not a window. {_EXAMPLE}")
        opens, closes = _minutes(form["opens"]), _minutes(form["closes"])
        if opens == closes or opens == 24 * 60:
            raise ValueError(f"{text!r} is never open.")
        try:
            ZoneInfo(form["zone"])
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{form['zone']!r} is not a time zone. {_EXAMPLE}") from None
        return cls(_days(form["days"]), opens, closes, form["zone"])

    def is_open(self, now: datetime) -> bool:
        """Whether `now` (with a time zone) is inside the window."""
        local = now.astimezone(ZoneInfo(self.zone))
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.opens < self.closes:
            return day in self.days and self.opens <= minute < self.closes
        return (day in self.days and minute >= self.opens) or ((day - 1) % 7 in self.days and minute < self.closes)

    def opens_at(self, now: datetime) -> datetime:
        """The first moment, `now` or later, at which the window is open.

        Where clocks skip the opening minute, the window counts as opening that much later.
        """
        if self.is_open(now):
            return now
        local = now.astimezone(ZoneInfo(self.zone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        openings = (midnight + timedelta(days=ahead, minutes=self.opens) for ahead in range(16))
        moments = (opening.astimezone(UTC) for opening in openings)
        return next(moment for moment in moments if moment >= now and self.is_open(moment))


def is_open(windows: Sequence[Window], now: datetime) -> bool:
    """Whether promotions may start at `now`. No windows at all means always."""
    return not windows or any(window.is_open(now) for window in windows)


def opens_at(windows: Sequence[Window], now: datetime) -> datetime:
    """The first moment, `now` or later, at which promotions may start."""
    return min((window.opens_at(now) for window in windows), default=now)


def _minutes(clock: str) -> int:
    hour, minute = (int(part) for part in clock.split(":"))
    if minute > 59 or hour * 60 + minute > 24 * 60:
        raise ValueError(f"{clock!r} is not a time of day. {_EXAMPLE}")
    return hour * 60 + minute


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if "-" in last:
            raise ValueError(f"{part!r} is not a range of days. {_EXAMPLE}")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        days.update(day % 7 for day in range(begin, end + 1 if begin <= end else end + 8))
    return frozenset(days)
