"""Starts the change set of a promotion, on top of a snapshot of what the environment is now.

Output: outcome `created` with `change_set: {id, stack, type, before}`, or `refused` with `verdict`. `before` is the key
of the snapshot; every later step that may have to go back carries it along.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from towpath.aws.stage import Stage, change_set_name
from towpath.aws.step import Step, promotion_step
from towpath.promotion.records import PromotionState
from towpath.release.manifest import Manifest, Rollout
from towpath.review.deployment import ASSET_PREFIX, parameter_values, rollback_deployment
from towpath.review.ports import Deployment, StackCondition, StackState
from towpath.review.snapshot import AliasBefore, Snapshot
from towpath.template.loading import load_template
from towpath.template.parameters import declared_parameters
from towpath.verdict import Reason, Verdict

_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
_REFUSALS = {
    StackCondition.IN_PROGRESS: (
        "stack-busy",
        "somebody else is changing it",
        "Wait until it has settled, then promote the release again.",
    ),
    StackCondition.NEVER_CREATED: (
        "stack-never-created",
        "its creation failed and it can only be deleted",
        "Delete the stack, then promote the release again.",
    ),
    StackCondition.FAILED: (
        "stack-broken",
        "an earlier change of it failed and left it half done",
        "Repair it in CloudFormation (ContinueUpdateRollback), then promote the release again.",
    ),
}


@promotion_step(PromotionState.REVIEWING)
def handler(step: Step) -> dict[str, Any]:
    stage = Stage(step)
    state = stage.deployer.stack(stage.stack)
    refusal = _owned_by_another(stage) or _unusable(state)
    if refusal is None:
        snapshot, refusal = _snapshot(stage, state)
        if refusal is None:
            return _create(stage, state, snapshot)
    verdict = Verdict.refused(refusal)
    return {"outcome": "refused", "says": f"The stack cannot be changed: {refusal}", "verdict": verdict.to_json()}


def _owned_by_another(stage: Stage) -> Reason | None:
    if stage.is_ours:
        return None
    owner, service = stage.owner, stage.manifest.service
    kind = "environment" if owner.service == service else "service"
    return Reason(
        f"stack-of-another-{kind}",
        f"the stack {stage.stack} belongs to the service {owner.service} in {owner.environment}.",
        where=stage.environment.name,
        remedy=f"Choose another stack name for {service} in its manifest.",
    )


def _unusable(state: StackState) -> Reason | None:
    if state.condition not in _REFUSALS:
        return None
    code, problem, remedy = _REFUSALS[state.condition]
    return Reason(code, f"the stack is {state.status}: {problem}.", where=state.name, remedy=remedy)


def _snapshot(stage: Stage, state: StackState) -> tuple[Snapshot, Reason | None]:
    if not state.exists:
        return Snapshot(), None
    previous = _previous_manifest(stage)
    shifted = [rollout for rollout in previous.rollout if not rollout.watched] if previous else []
    aliases: dict[str, AliasBefore] = {}
    for rollout in (*shifted, *stage.progressive):
        function = stage.names.get(rollout.function)
        found = stage.router.alias(function, rollout.alias_name) if function else None
        if function is None or found is None:
            continue
        if not found.is_whole:
            return Snapshot(), Reason(
                "alias-split",
                f"the alias {rollout.alias_name} of {function} splits its traffic over several versions.",
                where=rollout.function,
                remedy="Finish or stop the deployment that split it, and point the alias at one version.",
            )
        aliases[rollout.function] = AliasBefore(function, rollout.alias_name, found.version)
    known = [rollout for rollout in (*shifted, *stage.progressive) if rollout.function in aliases]
    return Snapshot(_way_back(stage, state, previous, _live_versions(known, aliases)), aliases), None


def _previous_manifest(stage: Stage) -> Manifest | None:
    ledger, service = stage.step.runtime.ledger, stage.manifest.service
    live = ledger.live(service, stage.environment.name)
    record = ledger.release(service, live.version) if live else None
    return stage.manifest_of(record.release) if record else None


def _live_versions(rollouts: Sequence[Rollout], aliases: Mapping[str, AliasBefore]) -> dict[str, str]:
    """The value of each version parameter: where the alias points now, "" for one that does not exist yet."""
    return {
        rollout.version_parameter: aliases[rollout.function].version if rollout.function in aliases else ""
        for rollout in rollouts
    }


def _way_back(
    stage: Stage, state: StackState, previous: Manifest | None, live_versions: Mapping[str, str]
) -> Deployment:
    """The deployment that is live now, kept so that a rollback does not depend on anything that may change.

    The stack's own version parameters are older than the last traffic shift, so they are set to where the aliases are.
    """
    template = stage.step.runtime.documents.put("template", stage.deployer.original_template(stage.stack).encode())
    known = previous.parameters_for(stage.environment.name) if previous else None
    live = {**state.parameters, **{name: live_versions[name] for name in state.parameters if name in live_versions}}
    return rollback_deployment(stage.stack, template, live, known, capabilities=_CAPABILITIES, tags=state.tags)


def _create(stage: Stage, state: StackState, snapshot: Snapshot) -> dict[str, Any]:
    manifest, runtime = stage.manifest, stage.step.runtime
    template_key = ASSET_PREFIX + manifest.template.sha256
    template = load_template(runtime.documents.get(template_key), name=manifest.template.path)
    values = parameter_values(
        declared_parameters(template),
        manifest.parameters,
        stage.environment.name,
        asset_bucket=stage.asset_bucket,
        live_versions=_live_versions(stage.progressive, snapshot.aliases),
    )
    deployment = Deployment(stage.stack, template_key, dict(values), manifest.capabilities, manifest.tags)
    name = change_set_name(stage.step.promotion)
    arn = stage.deployer.create_change_set(name, deployment, create=not state.exists)
    kind = "UPDATE" if state.exists else "CREATE"
    return {
        "outcome": "created",
        "says": f"CloudFormation works out what would change in the stack {stage.stack}.",
        "change_set": {
            "id": arn,
            "stack": stage.stack,
            "type": kind,
            "before": runtime.documents.put("snapshot", snapshot.write()),
        },
    }
