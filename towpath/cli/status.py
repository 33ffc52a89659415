"""`towpath status`: what is live where, what is on its way, which plans wait for a person. Reads the ledger only."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from towpath.cli.command import OK, Subparsers, plain, print_json
from towpath.cli.layout import day, folded, table, width
from towpath.cli.pipeline import TABLE, ledger, reviewing_commands

if TYPE_CHECKING:
    from towpath.promotion.ports import LedgerReader, ServiceLedger
    from towpath.promotion.records import LiveRelease, PlanRecord, PromotionRecord


# TimeoutSeconds of promote_to_environment, and a day for clocks that differ.
_LONGEST_PROMOTION = timedelta(days=46)


@dataclass(frozen=True, slots=True)
class Row:
    """One service in one environment."""

    service: str
    environment: str
    live: LiveRelease | None
    in_flight: tuple[PromotionRecord, ...]


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    summary = "show what is live, on its way and waiting for approval"
    parser = subparsers.add_parser("status", help=summary, description=f"{summary.capitalize()}. Times are UTC.")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="only these services; default: all")
    parser.add_argument("--table", help=f"the ledger table; {TABLE}")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Read and print."""
    reader = ledger(arguments.table)
    names: list[str] = arguments.services or list(reader.services())
    rows = [row for name in names for row in rows_of(reader.overview(name, oldest_in_flight()))]
    waiting = list(waiting_plans(reader, rows))
    if arguments.json:
        print_json(
            {"environments": [_row_json(row) for row in rows], "waiting": [_plan_json(plan) for plan in waiting]}
        )
        return OK
    if not rows:
        asked = " or ".join(map(plain, arguments.services))
        print(f"Nothing was ever released as {asked}." if asked else "No service has been released yet.")
        return OK
    print(table(("SERVICE", "ENVIRONMENT", "LIVE", "SINCE (UTC)", "ON ITS WAY"), map(_cells, rows), width()))
    for plan in waiting:
        _print_waiting(plan)
    return OK


def oldest_in_flight() -> datetime:
    """Before this no promotion can have started that is still on its way: its execution would have timed out."""
    return datetime.now(UTC) - _LONGEST_PROMOTION


def rows_of(found: ServiceLedger) -> Iterator[Row]:
    """A row for each environment that the service ever met, in the order in which it first met them."""
    lives = {live.environment: live for live in found.lives}
    met = dict.fromkeys([record.promotion.environment for record in found.promotions])
    for environment in [*met, *(name for name in lives if name not in met)]:
        open_here = (record for record in found.promotions if record.promotion.environment == environment)
        in_flight = tuple(record for record in open_here if record.outcome is None)
        yield Row(found.service, environment, lives.get(environment), in_flight)


def waiting_plans(reader: LedgerReader, rows: list[Row]) -> Iterator[PlanRecord]:
    """The plans that wait for a person."""
    for record in (record for row in rows for record in row.in_flight):
        plan = reader.plan(record.plan) if record.plan else None
        if plan is not None and plan.state.value == "waiting":
            yield plan


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    moving = ", ".join(f"{record.promotion.version} {record.state.value}" for record in row.in_flight)
    live, since = (row.live.version, day(row.live.since)) if row.live else ("-", "-")
    return row.service, row.environment, live, since, moving


def _print_waiting(plan: PlanRecord) -> None:
    promotion = plan.promotion
    print(f"\n{promotion.service} {promotion.version} in {promotion.environment} waits for an approval:")
    for reason in plan.reasons:
        print(folded("  - ", reason, width()))
    for command in reviewing_commands(plan.digest):
        print(f"  {command}")


def _row_json(row: Row) -> dict[str, Any]:
    live = (
        {"version": row.live.version, "digest": row.live.digest, "since": row.live.since.isoformat()}
        if row.live
        else None
    )
    moving = [
        {
            "promotion": record.promotion.id,
            "version": record.promotion.version,
            "state": record.state.value,
            "says": record.says,
        }
        for record in row.in_flight
    ]
    return {"service": row.service, "environment": row.environment, "live": live, "in_flight": moving}


def _plan_json(plan: PlanRecord) -> dict[str, Any]:
    return {
        "plan": plan.digest,
        "service": plan.promotion.service,
        "version": plan.promotion.version,
        "environment": plan.promotion.environment,
        "document": plan.document,
        "reasons": list(plan.reasons),
        "expires": plan.expires.isoformat() if plan.expires else None,
    }
