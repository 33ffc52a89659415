"""Every handler of the pipeline: how much memory and time it gets, and what it needs of the rest of the stack.

The keys are the names of the modules in `handlers/`. A need that is not named here is a permission that is not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """What a handler may need; `handler_grants` says which permissions that means."""

    READ_RELEASES = "read uploaded releases"
    PUBLISH_ASSETS = "store verified assets"
    READ_ASSETS = "read verified assets"
    READ_DOCUMENTS = "read manifests, plans and snapshots"
    WRITE_DOCUMENTS = "store manifests, plans and snapshots"
    LEDGER = "read and write the ledger"
    ANNOUNCE = "put events on the event bus"
    DEPLOY = "act in an environment as its deployment role"
    PROBE = "act in an environment as its probe role"
    LOOK_AT_EXECUTIONS = "ask whether an execution still runs"
    ANSWER_TASKS = "let a task that waits for a person go on"


@dataclass(frozen=True, slots=True)
class HandlerSpec:
    """Memory in MB, the time-out in seconds, and the needs."""

    memory: int
    timeout: int
    needs: frozenset[Need]


# 1,769 MB is one whole processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_ONE_PROCESSOR, _TWO_THIRDS, _LIGHT = 1769, 1180, 512
_SHORT, _LONG, _LONGEST = 60, 300, 900
_STEP = frozenset({Need.LEDGER})
_TELLS = _STEP | {Need.ANNOUNCE}
# What a step does in an environment; most of them read the manifest or the snapshot that the promotion began with.
_ACTS = _STEP | {Need.DEPLOY}
_ON_STAGE = _ACTS | {Need.READ_DOCUMENTS}
# What reads the plan's basis: templates of nested stacks are assets of the release.
_REVIEWS = _ON_STAGE | {Need.READ_ASSETS, Need.ANNOUNCE}

HANDLERS: Mapping[str, HandlerSpec] = {
    "verify_artifact": HandlerSpec(
        _ONE_PROCESSOR, _LONGEST, frozenset({Need.READ_RELEASES, Need.PUBLISH_ASSETS, Need.WRITE_DOCUMENTS})
    ),
    "register_release": HandlerSpec(_LIGHT, _SHORT, _TELLS | {Need.LOOK_AT_EXECUTIONS}),
    "take_environment": HandlerSpec(_LIGHT, _SHORT, _TELLS | {Need.LOOK_AT_EXECUTIONS}),
    "create_change_set": HandlerSpec(_LIGHT, _SHORT, _ON_STAGE | {Need.READ_ASSETS, Need.WRITE_DOCUMENTS}),
    "describe_change_set": HandlerSpec(_LIGHT, _SHORT, _ACTS),
    "review_change_set": HandlerSpec(_ONE_PROCESSOR, _LONG, _REVIEWS | {Need.WRITE_DOCUMENTS}),
    "request_approval": HandlerSpec(_LIGHT, _SHORT, _TELLS | {Need.ANSWER_TASKS}),
    "decide_approval": HandlerSpec(_LIGHT, _SHORT, _TELLS | {Need.ANSWER_TASKS, Need.LOOK_AT_EXECUTIONS}),
    "recheck_plan": HandlerSpec(_ONE_PROCESSOR, _LONG, _REVIEWS),
    "execute_change_set": HandlerSpec(_LIGHT, _SHORT, _ON_STAGE),
    "discard_change_set": HandlerSpec(_LIGHT, _SHORT, _ON_STAGE),
    "describe_stack": HandlerSpec(_LIGHT, _SHORT, _ON_STAGE),
    "run_probes": HandlerSpec(_TWO_THIRDS, _LONGEST, _ON_STAGE | {Need.PROBE, Need.ANNOUNCE}),
    "shift_traffic": HandlerSpec(_LIGHT, _SHORT, _ON_STAGE),
    "watch_traffic": HandlerSpec(_LIGHT, _SHORT, _ACTS | {Need.ANNOUNCE}),
    "watch_bake": HandlerSpec(_LIGHT, _SHORT, _ON_STAGE),
    "roll_back_traffic": HandlerSpec(_LIGHT, _SHORT, _ON_STAGE),
    "roll_back_stack": HandlerSpec(_LIGHT, _SHORT, _ON_STAGE),
    "record_live": HandlerSpec(_LIGHT, _SHORT, _TELLS),
    "close_promotion": HandlerSpec(_LIGHT, _SHORT, _TELLS),
    "close_release": HandlerSpec(_LIGHT, _SHORT, _TELLS),
    "reconcile_execution": HandlerSpec(_LIGHT, _SHORT, _TELLS | _ON_STAGE),
}

# Those that are not called by a state machine but by a person or by EventBridge.
CALLED_FROM_OUTSIDE = frozenset({"decide_approval", "reconcile_execution"})
