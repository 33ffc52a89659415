"""`towpath watch SERVICE VERSION`: a release on its way, line by line, until it has arrived or stopped.

Reads the ledger only. Exit codes: 0 live everywhere, 1 stopped or rejected, 3 it waits for an approval (with
--no-wait), 4 superseded by a newer release, 5 the time given by --timeout is over.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from towpath.cli.command import OK, REFUSED, Subparsers, plain
from towpath.cli.layout import clock, folded, width
from towpath.cli.pipeline import TABLE, ledger, reviewing_commands

if TYPE_CHECKING:
    from towpath.promotion.ports import LedgerReader, ServiceLedger

WAITS: Final = 3
SUPERSEDED: Final = 4
TIMED_OUT: Final = 5
_CODES: Final = {"promoted": OK, "stopped": REFUSED, "rejected": REFUSED, "superseded": SUPERSEDED}
PAUSE: Final = 1.0
# How far the clocks of S3 and Step Functions may lie apart.
_CLOCKS: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `kind` is an event's detail-type, or empty for a step's remark."""

    time: datetime
    environment: str
    kind: str
    says: str
    document: dict[str, Any] = field(compare=False)

    @property
    def identity(self) -> tuple[str, str, str]:
        """A remark that repeats an event's words is the same thing."""
        return (self.environment, self.says, "" if self.environment else self.kind)


@dataclass(frozen=True, slots=True)
class View:
    """What the ledger says at one moment: the lines so far, how it ended, and the plan that waits."""

    lines: tuple[Line, ...] = ()
    end: str = ""
    waiting_plan: str = ""


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    description = (
        "Follow a release until it is live everywhere (exit code 0), stopped or rejected (1), superseded (4) or the "
        "time is over (5). Times are UTC."
    )
    parser = subparsers.add_parser("watch", help="follow a release on its way", description=description)
    parser.add_argument("service", metavar="SERVICE", help="the service")
    parser.add_argument("version", metavar="VERSION", help="the version; it may be watched before it is uploaded")
    parser.add_argument(
        "--no-wait", action="store_true", help="stop with exit code 3 when a plan waits for an approval"
    )
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="stop with exit code 5 after this time")
    parser.add_argument("--table", help=f"the ledger table; {TABLE}")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print what is new until the end."""
    until = time.monotonic() + arguments.timeout if arguments.timeout is not None else None
    reader, show = ledger(arguments.table), _show_json if arguments.json else _show
    shown: set[tuple[str, str, str]] = set()
    told = False
    while True:
        view = look(reader, arguments.service, arguments.version)
        if view.end:
            # The last event is written right after the end.
            time.sleep(PAUSE)
            view = look(reader, arguments.service, arguments.version)
        if not (view.lines or told):
            name = plain(f"{arguments.service} {arguments.version}")
            print(f"Nothing is known of {name} yet; waiting for its upload …", file=sys.stderr, flush=True)
            told = True
        for line in _fresh(view, shown):
            show(line)
        if view.end:
            return _CODES[view.end]
        if view.waiting_plan and arguments.no_wait:
            return WAITS
        if until is not None and time.monotonic() >= until:
            print(
                f"Not at its end after {arguments.timeout:g} seconds; it goes on without being watched.",
                file=sys.stderr,
            )
            return TIMED_OUT
        time.sleep(PAUSE)


def look(reader: LedgerReader, service: str, version: str) -> View:
    """Everything that the ledger has about this release now."""
    record = reader.release(service, version)
    if record is None:
        rejections = reader.overview(service, datetime.now(UTC)).rejections
        rejection = next((item for item in rejections if item.version == version), None)
        return View(tuple(_events(reader, rejection.chain)), "rejected") if rejection is not None else View()
    found = reader.overview(service, record.release.upload.uploaded - _CLOCKS)
    end = "" if record.state.value == "promoting" else record.state.value
    lines = [*_events(reader, record.release.chain), *_remarks(found, version)]
    return View(tuple(sorted(lines, key=lambda line: line.time)), end, _waiting(reader, found, version))


def _events(reader: LedgerReader, chain: str) -> Iterator[Line]:
    for event in reader.events(chain):
        document = {"type": event.kind.value, **event.to_detail()}
        yield Line(event.time, event.environment, event.kind.value, event.says, document)


def _remarks(found: ServiceLedger, version: str) -> Iterator[Line]:
    for record in found.promotions:
        if record.promotion.version == version:
            for remark in record.timeline:
                place = record.promotion.environment
                document = {
                    "type": "remark",
                    "time": remark.time.isoformat(),
                    "environment": place,
                    "promotion": record.promotion.id,
                    "state": remark.state.value,
                    "says": remark.says,
                }
                yield Line(remark.time, place, "", remark.says, document)


def _waiting(reader: LedgerReader, found: ServiceLedger, version: str) -> str:
    for record in found.promotions:
        if record.promotion.version == version and record.outcome is None and record.plan:
            plan = reader.plan(record.plan)
            if plan is not None and plan.state.value == "waiting":
                return plan.digest
    return ""


def _fresh(view: View, shown: set[tuple[str, str, str]]) -> Iterator[Line]:
    for line in sorted(view.lines, key=lambda line: (line.time, not line.kind)):
        if line.identity not in shown:
            shown.add(line.identity)
            yield line


def _show(line: Line) -> None:
    head = f"{clock(line.time)}  {line.environment or line.document.get('service', ''):<11} "
    print(folded(head, line.says, width()), flush=True)
    if line.kind == "Approval Requested":
        for reason in line.document.get("reasons", []):
            print(folded(" " * len(head) + "- ", reason, width()), flush=True)
        for command in reviewing_commands(line.document["plan"]):
            print(f"{' ' * len(head)}{command}", flush=True)


def _show_json(line: Line) -> None:
    print(json.dumps(line.document, ensure_ascii=False), flush=True)
