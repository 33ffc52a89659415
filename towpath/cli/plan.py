"""`towpath plan PLAN`: everything that a reviewer needs to know about one promotion, before saying yes or no to it.

Reads the ledger and the plan's document, whose digest is the plan's name; the text is rendered here.
"""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from towpath.cli.command import OK, Subparsers, print_json
from towpath.cli.named_plan import PLAN_HELP, plan_named
from towpath.cli.pipeline import ASSETS, TABLE, ledger, own_runtime, setting

if TYPE_CHECKING:
    from towpath.promotion.ports import DocumentStore


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    summary = "show a plan: what would change, what it would allow, and why it waits"
    parser = subparsers.add_parser("plan", help=summary, description=f"{summary.capitalize()}.")
    parser.add_argument("plan", metavar="PLAN", help=PLAN_HELP)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--markdown", action="store_true", help="print it as Markdown")
    shape.add_argument("--json", action="store_true", help="print the plan's document")
    parser.add_argument("--table", help=f"the ledger table; {TABLE}")
    parser.add_argument("--bucket", help=f"the bucket with the plans; {ASSETS}")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Find the plan, fetch its document, print it."""
    from towpath.review.rendering import render_markdown, render_text

    found = plan_named(ledger(arguments.table), arguments.plan.lower())
    document = json.loads(documents(arguments.bucket).get(found.document))
    if arguments.json:
        print_json(document)
    else:
        print((render_markdown if arguments.markdown else render_text)(document), end="")
    return OK


def documents(given: str | None) -> DocumentStore:
    """Where plans are kept; `given` is the option's value."""
    from towpath.aws.documents import S3DocumentStore
    from towpath.aws.errors import aws_errors

    runtime = own_runtime()
    bucket = setting(runtime, given, ASSETS)
    with aws_errors("connecting to AWS"):
        return S3DocumentStore(runtime.client("s3"), bucket)
