"""Which pipeline a command talks to: named by an option, by a variable, or by the outputs of the pipeline's stack."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from towpath.cli.command import BadInput

if TYPE_CHECKING:
    from towpath.aws.runtime import Runtime
    from towpath.promotion.ports import LedgerReader

STACK: Final = "towpath-pipeline"
# It is not there, or these credentials may not look at it; whatever else is wrong, naming the thing does not help.
_STACK_UNKNOWN: Final = frozenset({"ValidationError", "AccessDenied", "AccessDeniedException"})


class Place(NamedTuple):
    """Where a name is looked for, in this order: an option, an environment variable, an output of the stack."""

    option: str
    variable: str
    output: str

    def __str__(self) -> str:
        return f"default: ${self.variable}, else the output {self.output} of the stack {STACK}"


TABLE: Final = Place("--table", "TOWPATH_LEDGER_TABLE", "LedgerTableName")
RELEASES: Final = Place("--bucket", "TOWPATH_RELEASE_BUCKET", "ReleaseBucketName")
ASSETS: Final = Place("--bucket", "TOWPATH_ASSET_BUCKET", "AssetBucketName")
APPROVAL_URL: Final = Place("--url", "TOWPATH_APPROVAL_URL", "ApprovalUrl")

# The profile that may approve, where one shell is used by two people: `towpath local env` sets it.
REVIEWER_PROFILE: Final = "TOWPATH_REVIEWER_PROFILE"
PROMOTE_RELEASE: Final = Place("--workflow", "TOWPATH_PROMOTE_RELEASE_ARN", "PromoteReleaseArn")


def own_runtime() -> Runtime:
    """The ports with the caller's own credentials."""
    from towpath.aws.runtime import Runtime

    return Runtime(os.environ)


def ledger(given: str | None) -> LedgerReader:
    """The ledger to read; `given` is the option's value."""
    from towpath.aws.errors import aws_errors
    from towpath.aws.ledger import DynamoDBPromotionLedger

    runtime = own_runtime()
    table = setting(runtime, given, TABLE)
    with aws_errors("connecting to AWS"):
        return DynamoDBPromotionLedger(runtime.client("dynamodb"), table)


def setting(runtime: Runtime, given: str | None, place: Place) -> str:
    """The option's value, or the variable's, or the output of the stack. Raises BadInput when there is none."""
    from towpath.aws.errors import aws_errors
    from towpath.errors import RefusedByAws

    known = given or os.environ.get(place.variable)
    if known:
        return known
    unknown = f"Name it with {place.option} or ${place.variable}"
    try:
        with aws_errors(f"asking the stack {STACK} for its output {place.output}"):
            stack = runtime.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except RefusedByAws as error:
        if error.code in _STACK_UNKNOWN:
            raise BadInput(f"{unknown}: {error}") from error
        raise
    found = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    if place.output not in found:
        raise BadInput(f"{unknown}: the stack {STACK} has no output {place.output}.")
    return str(found[place.output])


def reviewing_commands(digest: str) -> tuple[str, str]:
    """What to type to read the plan and then to approve it, from the shell that this one runs in."""
    from towpath.promotion.approval import SHORT_DIGEST

    reviewer = os.environ.get(REVIEWER_PROFILE, "")
    person = f"AWS_PROFILE={reviewer} " if reviewer and reviewer != os.environ.get("AWS_PROFILE") else ""
    short = digest[:SHORT_DIGEST]
    return f"towpath plan {short}", f"{person}towpath approve {short}"
