"""`towpath history SERVICE`: what became of its releases, newest first. Reads the ledger only."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from towpath.cli.command import OK, REFUSED, Subparsers, plain, print_json
from towpath.cli.layout import day, folded, width
from towpath.cli.pipeline import TABLE, ledger

if TYPE_CHECKING:
    from towpath.promotion.ports import ServiceLedger


@dataclass(frozen=True, slots=True)
class Chapter:
    """One promotion, or one upload that was rejected."""

    time: datetime
    version: str
    environment: str
    outcome: str
    says: str


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    summary = "show what became of a service's releases"
    parser = subparsers.add_parser("history", help=summary, description=f"{summary.capitalize()}. Times are UTC.")
    parser.add_argument("service", metavar="SERVICE", help="the service")
    parser.add_argument("--limit", type=_count, default=20, metavar="N", help="at most this many (default: 20)")
    parser.add_argument("--table", help=f"the ledger table; {TABLE}")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Read and print."""
    chapters = chapters_of(ledger(arguments.table).overview(arguments.service))[: arguments.limit]
    if arguments.json:
        print_json({"service": arguments.service, "history": [_json(chapter) for chapter in chapters]})
        return OK
    if not chapters:
        print(f"Nothing was ever released as {plain(arguments.service)}.")
        return REFUSED
    for chapter in chapters:
        print(f"{day(chapter.time)}  {chapter.version}  {chapter.environment or '(upload)'}  {chapter.outcome}")
        print(folded("    ", chapter.says, width()))
    return OK


def chapters_of(found: ServiceLedger) -> list[Chapter]:
    """The chapters of a service's history, newest first."""
    promotions = [
        Chapter(
            record.updated,
            record.promotion.version,
            record.promotion.environment,
            record.outcome.value.replace("_", " ") if record.outcome else record.state.value,
            record.says,
        )
        for record in found.promotions
    ]
    rejections = [Chapter(item.time, item.version, "", "rejected", item.says) for item in found.rejections]
    return sorted([*promotions, *rejections], key=lambda chapter: chapter.time, reverse=True)


def _json(chapter: Chapter) -> dict[str, str]:
    return {
        "time": chapter.time.isoformat(),
        "version": chapter.version,
        "environment": chapter.environment,
        "outcome": chapter.outcome,
        "says": chapter.says,
    }


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
