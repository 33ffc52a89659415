"""Puts a plan together: the change set and the two templates in, differences, gate results and the digest out."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from towpath.review.change_set import Action, ResourceChange
from towpath.review.contexts import contexts_of, value_changes
from towpath.review.deployment import OWN_PARAMETERS, is_masked
from towpath.review.gates import GateResult, Otherwise, judge_adoption, judge_replacements
from towpath.review.infrastructure import compare_infrastructure
from towpath.review.masking import Mask
from towpath.review.nested import NestedTemplates
from towpath.review.permissions import PermissionChange, fingerprint, nested_permission_changes, permission_changes
from towpath.review.plan import Basis, Plan, Subject
from towpath.review.privilege_gate import judge_privileges
from towpath.review.second_opinion import SecondLook, Templates
from towpath.template.pseudo import PseudoParameters
from towpath.verdict import Verdict

# A second opinion on both templates, with the parameters of each.
Ask = Callable[[Templates, tuple[Mapping[str, str], Mapping[str, str]]], SecondLook]
# Whether an earlier approval covers an expansion with this fingerprint.
Carried = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What an environment wants when a gate does not pass."""

    privilege: Otherwise = Otherwise.APPROVE
    replacement: Otherwise = Otherwise.APPROVE


def assess(
    subject: Subject,
    basis: Basis,
    settings: GateSettings,
    mask: Mask,
    carried: Carried,
    ask: Ask | None = None,
    place: PseudoParameters | None = None,
) -> Plan:
    """The plan of one promotion. Deterministic but for the mask: the same basis gives the same digest.

    `place` is where the stack is deployed. `ask` asks for a second opinion. It is no part of the digest: it follows
    from what is, unless nobody answers.
    """
    before = _telling(basis.live_parameters, basis.live_parameters)
    after = _telling(basis.parameters, basis.live_parameters)
    templates = basis.live_template, basis.proposed_template
    contexts = contexts_of(basis)
    worth = {**before, **basis.live_resolved}, {**after, **basis.resolved}
    changes = (
        *permission_changes(*templates, old_parameters=worth[0], new_parameters=worth[1]),
        *nested_permission_changes(*templates, basis.nested, old_parameters=worth[0], new_parameters=worth[1]),
        *value_changes(*templates, contexts, old_parameters=before, new_parameters=after),
    )
    expansion = fingerprint(changes)
    infrastructure = compare_infrastructure(basis.changes, mask)
    privilege, comparison = judge_privileges(*templates, before, after, basis.nested, contexts, place)
    gates = (
        GateResult(
            "privilege", privilege, settings.privilege, bool(changes) and not privilege.is_passed and carried(expansion)
        ),
        GateResult("adoption", _adoption(subject, basis), Otherwise.APPROVE),
        GateResult("replacement", judge_replacements(infrastructure), settings.replacement),
    )
    look = ask(templates, (before, after)) if ask is not None else None
    if look is not None:
        comparison = _with_dissent(comparison, look.verdict)
    return Plan(
        subject=subject,
        digest=basis.digest(gates),
        infrastructure=infrastructure,
        permissions=tuple(_masked(change, mask) for change in changes),
        privileges=comparison,
        expansion=expansion,
        gates=gates if look is None else (*gates, GateResult("second opinion", look.verdict, settings.privilege)),
        notices=(*_notices(subject), *_unread(basis.nested), *(look.notices if look is not None else ())),
    )


def _with_dissent(comparison: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    """The comparison with what a second opinion leaves open: a proof that is disputed is not known."""
    if verdict.is_passed:
        return comparison
    unknown = [*comparison["unknown"], *(reason.to_json() for reason in verdict.reasons)]
    return {**comparison, "verdict": "UNKNOWN", "unknown": unknown}


def _adoption(subject: Subject, basis: Basis) -> Verdict:
    exists, deployed = basis.live_template is not None, bool(subject.live_version)
    return judge_adoption(subject.stack, subject.service, exists=exists, deployed=deployed)


def _telling(values: Mapping[str, str], live: Mapping[str, str]) -> dict[str, str]:
    """Parameters whose values say something about permissions: not Towpath's own, not those that only one side knows.

    CloudFormation gives a NoEcho value back as asterisks, so it stays a reference on both sides.
    """
    return {
        name: value
        for name, value in values.items()
        if not name.startswith(OWN_PARAMETERS) and not is_masked(live.get(name, ""))
    }


def switched_functions(changes: Collection[ResourceChange], under_rollout: Collection[str]) -> tuple[str, ...]:
    """Functions that take their new code at the stack update, all at once, because nothing rolls them out."""
    return tuple(
        change.logical_id
        for change in changes
        if change.resource_type == "AWS::Lambda::Function"
        and change.action is Action.MODIFY
        and change.logical_id not in under_rollout
        and _code(change.before) != _code(change.after)
    )


def _code(properties: Mapping[str, Any] | None) -> Any:
    return cast(Any, (properties or {}).get("Code"))


def _masked(change: PermissionChange, mask: Mask) -> PermissionChange:
    path = tuple(change.path.split("/"))
    return PermissionChange(
        change.path, change.resource_type, mask.value(change.old, path), mask.value(change.new, path)
    )


def _notices(subject: Subject) -> list[str]:
    return [
        f"{function} is not under rollout: it takes its new code at the stack update, for all traffic at once. "
        f"To shift it step by step, pack with --rollout {function}."
        for function in subject.switched
    ]


def _unread(nested: NestedTemplates) -> list[str]:
    return [
        f"The nested stack {place} counts as changed: {why}. Pack the release with its template, already transformed."
        for place, why in sorted(nested.unread.items())
    ]
