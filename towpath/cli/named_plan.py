"""Which plan a person means: by its whole digest, any plan; by its first characters, one that waits for an approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from towpath.cli.command import BadInput, plain
from towpath.cli.status import oldest_in_flight, rows_of, waiting_plans

if TYPE_CHECKING:
    from towpath.promotion.ports import LedgerReader
    from towpath.promotion.records import PlanRecord

WHOLE_DIGEST: Final = 64
SHORTEST: Final = 8
PLAN_HELP: Final = f"the plan's digest, or its first characters (at least {SHORTEST})"
_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_STATUS: Final = "`towpath status` shows those that wait."


def plan_named(reader: LedgerReader, start: str) -> PlanRecord:
    """The plan whose digest begins so, in lower case. Raises BadInput when it is none, or not one alone."""
    if len(start) < SHORTEST or not _HEXADECIMAL.issuperset(start):
        raise BadInput(
            f"{plain(start)!r} is no plan's digest: give at least {SHORTEST} of its hexadecimal characters. {_STATUS}"
        )
    if len(start) == WHOLE_DIGEST:
        whole = reader.plan(start)
        if whole is None:
            raise BadInput(f"There is no plan {start}. {_STATUS}")
        return whole
    rows = [row for service in reader.services() for row in rows_of(reader.overview(service, oldest_in_flight()))]
    found = [plan for plan in waiting_plans(reader, rows) if plan.digest.startswith(start)]
    if not found:
        raise BadInput(f"No plan that begins with {start} waits for an approval. {_STATUS}")
    if len(found) > 1:
        raise BadInput(f"{len(found)} plans begin with {start}: give more of the digest.")
    return found[0]
