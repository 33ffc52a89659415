"""Collects the basis of a plan from AWS: the same facts for the review and for the check just before executing."""

import secrets as randomness

from towpath.aws.stage import Stage
from towpath.aws.step import Step
from towpath.review.assessment import Ask, Carried, GateSettings, assess, switched_functions
from towpath.review.change_set import ResourceChange
from towpath.review.deployment import ASSET_PREFIX
from towpath.review.gates import Otherwise
from towpath.review.masking import Mask
from towpath.review.nested import Assets, NestedTemplates, live_templates, proposed_templates
from towpath.review.plan import Basis, Plan, Subject
from towpath.review.ports import ChangeSetCondition, ChangeSetState
from towpath.review.second_opinion import second_look
from towpath.template.loading import Template, load_template
from towpath.template.parameters import declared_parameters
from towpath.template.pseudo import PseudoParameters


def plan_of(stage: Stage, found: ChangeSetState, carried: Carried) -> Plan:
    """The plan of a change set that is ready, or empty, on top of what is live now."""
    deployer, step, changes = stage.deployer, stage.step, found.changes
    state = deployer.stack(stage.stack)
    live = load_template(deployer.live_template(stage.stack), name="the live template") if state.exists else None
    if live and found.condition is ChangeSetCondition.EMPTY:
        proposed = live
    else:
        proposed = load_template(deployer.proposed_template(str(step["change_set"]["id"])), name="the new template")
    running = live_templates(deployer, stage.stack, live.document) if live else {}
    nested = NestedTemplates(running, running)
    if proposed is not live:
        nested = NestedTemplates(running, *proposed_templates(proposed.document, _assets(stage)))
    parameters = stage.manifest.parameters_for(stage.environment.name)
    basis = Basis(
        artifact_digest=step.promotion.digest,
        environment=step.promotion.environment,
        stack=stage.stack,
        changes=changes,
        proposed_template=proposed.document,
        live_template=live.document if live else None,
        parameters=_with_defaults(proposed, parameters),
        live_parameters=state.parameters if state.exists else {},
        nested=nested,
        resolved=state.resolved if proposed is live else found.resolved,
        live_resolved=state.resolved if state.exists else {},
        names=stage.names if state.exists else {},
    )
    gates = stage.environment.gates
    settings = GateSettings(Otherwise(gates.privilege), Otherwise(gates.replacement))
    place = PseudoParameters(
        account_id=stage.environment.account, region=stage.environment.region, stack_name=stage.stack
    )
    return assess(_subject(stage, changes), basis, settings, _mask(proposed, parameters), carried, _ask(stage), place)


def carried_into(step: Step) -> Carried:
    """Whether an approval in an earlier environment covers an expansion in this one, as the ledger has it now."""
    return lambda mark: bool(step.runtime.ledger.approved_expansions(step.promotion, [mark]))


def _ask(stage: Stage) -> Ask | None:
    """How to ask for a second opinion; None where the settings want none."""
    judge, environment = stage.second_opinion, stage.environment
    if judge is None:
        return None
    place = PseudoParameters(account_id=environment.account, region=environment.region)
    return lambda templates, parameters: second_look(judge, templates, parameters, place)


def _assets(stage: Stage) -> Assets:
    digests = {asset.sha256 for asset in stage.manifest.assets}
    documents = stage.step.runtime.documents
    return lambda digest: documents.get(ASSET_PREFIX + digest) if digest in digests else None


def _subject(stage: Stage, changes: tuple[ResourceChange, ...]) -> Subject:
    promotion = stage.step.promotion
    live = stage.step.runtime.ledger.live(promotion.service, promotion.environment)
    return Subject(
        service=promotion.service,
        version=promotion.version,
        digest=promotion.digest,
        environment=promotion.environment,
        stack=stage.stack,
        promotion=promotion.id,
        live_version=live.version if live else "",
        switched=switched_functions(changes, {rollout.function for rollout in stage.manifest.rollout}),
    )


def _with_defaults(template: Template, parameters: dict[str, str]) -> dict[str, str]:
    defaults = {
        name: parameter.default
        for name, parameter in declared_parameters(template).items()
        if parameter.default is not None
    }
    return {**defaults, **parameters}


def _mask(template: Template, parameters: dict[str, str]) -> Mask:
    hidden = [name for name, parameter in declared_parameters(template).items() if parameter.no_echo]
    # Drawn anew for every plan: the marks of two plans cannot be compared, and a short secret cannot be guessed.
    return Mask([parameters[name] for name in hidden if name in parameters], salt=randomness.token_bytes(32))
