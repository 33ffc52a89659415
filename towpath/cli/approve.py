"""`towpath approve PLAN` and `towpath reject PLAN`: a person's word about one plan, named by its digest.

The ledger turns the first characters of a digest into all of them; what is sent is always the whole digest, signed with
the caller's credentials. Whether the caller may decide is decided by the pipeline.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Final

from towpath.cli.command import OK, REFUSED, Subparsers, plain, print_json
from towpath.cli.layout import folded, width
from towpath.cli.named_plan import PLAN_HELP, WHOLE_DIGEST, plan_named
from towpath.cli.pipeline import APPROVAL_URL, TABLE, ledger, own_runtime, setting

if TYPE_CHECKING:
    from towpath.promotion.records import PlanRecord


def add_parser(subparsers: Subparsers) -> None:
    """Declare `approve`."""
    declare(subparsers, "approve", "approved", "let the promotion of a plan go on")


def declare(subparsers: Subparsers, name: str, decision: str, summary: str) -> None:
    """Declare one of the two commands."""
    description = f"{summary.capitalize()}. The decision is about this very plan and is void when anything moves."
    parser = subparsers.add_parser(name, help=summary, description=description)
    parser.add_argument("plan", metavar="PLAN", help=PLAN_HELP)
    parser.add_argument("--comment", default="", metavar="TEXT", help="why; goes into the ledger and the event")
    parser.add_argument("--url", help=f"where decisions are taken; {APPROVAL_URL}")
    parser.add_argument("--table", help=f"the ledger table; {TABLE}")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run, decision=decision)


def run(arguments: Namespace) -> int:
    """Find the plan, send the decision, report."""
    from towpath.aws.approval_client import post_decision

    digest = arguments.plan.lower()
    if len(digest) != WHOLE_DIGEST:
        plan = plan_named(ledger(arguments.table), digest)
        digest = plan.digest
        if not arguments.json:
            _print_subject(plan)
    runtime = own_runtime()
    url = setting(runtime, arguments.url, APPROVAL_URL)
    decision = {"plan": digest, "decision": arguments.decision, "comment": arguments.comment}
    reply = post_decision(runtime.session, url, decision)
    says = str(reply.body.get("says") or _unsaid(reply.status))
    if arguments.json:
        print_json({"plan": digest, "status": reply.status, "outcome": reply.body.get("outcome", ""), "says": says})
    else:
        print(plain(says), file=sys.stdout if reply.status == OK_STATUS else sys.stderr)
    return OK if reply.status == OK_STATUS else REFUSED


OK_STATUS: Final = 200


def _unsaid(status: int) -> str:
    """What a reply without a word of ours means: it did not reach the pipeline."""
    if status in (401, 403):
        return (
            "AWS refused the request: these credentials may not call the approval URL. "
            "Reviewers need the policy that the pipeline's stack names as ReviewerPolicyArn."
        )
    return f"The approval URL answered {status} and said nothing."


def _print_subject(plan: PlanRecord) -> None:
    promotion = plan.promotion
    print(f"{promotion.service} {promotion.version} in {promotion.environment}, plan {plan.digest}")
    for reason in plan.reasons:
        print(folded("  - ", reason, width()))
