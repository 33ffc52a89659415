"""`towpath retry SERVICE VERSION`: promotes a release again that was stopped or superseded, the same bytes as before.

A release is never promoted again by itself. Whoever may start the workflow may say so; the workflow then verifies the
same object version once more, and passes by every environment where the release is live already.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from towpath.cli.command import OK, REFUSED, Subparsers, plain, print_json
from towpath.cli.pipeline import PROMOTE_RELEASE, TABLE, ledger, own_runtime, setting

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

    from towpath.promotion.records import Release, ReleaseRecord

_NAME_LIMIT: Final = 80


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    summary = "promote a stopped or superseded release again"
    description = (
        f"{summary.capitalize()}. Where it is live already nothing happens; the rest of its path is tried again."
    )
    parser = subparsers.add_parser("retry", help=summary, description=description)
    parser.add_argument("service", metavar="SERVICE", help="the service")
    parser.add_argument("version", metavar="VERSION", help="the version")
    parser.add_argument("--workflow", help=f"the ARN of promote_release; {PROMOTE_RELEASE}")
    parser.add_argument("--table", help=f"the ledger table; {TABLE}")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Find the release, start the workflow."""
    found = ledger(arguments.table).overview(arguments.service)
    record = next((item for item in found.releases if item.release.version == arguments.version), None)
    name = plain(f"{arguments.service} {arguments.version}")
    refusal = _refusal(name, record)
    if refusal is not None or record is None:
        print(f"towpath: {refusal}", file=sys.stderr)
        return REFUSED
    runtime = own_runtime()
    workflow = setting(runtime, arguments.workflow, PROMOTE_RELEASE)
    execution = _start(runtime.client("stepfunctions"), workflow, record.release)
    if arguments.json:
        print_json({"service": arguments.service, "version": arguments.version, "execution": execution})
    else:
        print(f"{name} is promoted again: towpath watch {name}")
    return OK


def _refusal(name: str, record: ReleaseRecord | None) -> str | None:
    if record is None:
        return f"{name} was never registered. `towpath publish` uploads a release."
    if record.state.value in ("stopped", "superseded"):
        return None
    return f"{name} is {record.state.value}; only a release that was stopped or superseded is promoted again."


def _start(client: SFNClient, workflow: str, release: Release) -> str:
    from towpath.aws.errors import aws_errors
    from towpath.promotion.uploads import promote_again

    ending = f"-again-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    name = f"{release.service}-{release.version}"[: _NAME_LIMIT - len(ending)] + ending
    with aws_errors("starting the workflow"):
        started = client.start_execution(
            stateMachineArn=workflow, name=name, input=json.dumps(promote_again(release.upload))
        )
    return started["executionArn"]
