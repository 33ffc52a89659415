"""The time of the machine, in UTC."""

from datetime import UTC, datetime


class SystemClock:
    """`towpath.promotion.ports.Clock` as the machine tells it."""

    def now(self) -> datetime:
        return datetime.now(UTC)
