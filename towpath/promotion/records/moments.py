"""Times and ids as texts: one fixed width for times, one name space for every id that is derived from its cause."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

# Every id that Towpath derives lives in this name space, so that the same cause always has the same id.
NAMESPACE = UUID("6c2f2a0e-2f5b-5c53-9f0e-0b7d6f0a3c11")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def to_text(moment: datetime) -> str:
    """`2026-11-23T07:00:00.000000Z`: one fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_moment(text: str) -> datetime:
    """The aware datetime of an ISO 8601 text; a text without an offset is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def chain_id(service: str, version: str, content: str) -> str:
    """The id that all events of one release share. `content` is its digest or, while unknown, the object version."""
    return str(uuid5(NAMESPACE, f"{service}/{version}/{content}"))
