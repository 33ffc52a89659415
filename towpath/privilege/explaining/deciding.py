"""Puts the judgements on all policies together, in AWS's evaluation order, three-valued.

An explicit Deny anywhere wins. Within one account either the identity policies (as far as the boundary allows) or the
resource's policy is enough; the trust policy of a role and the policy of a KMS key must allow in any case. A policy of
the resource that names a user or a session is not limited by the boundary, one that names the role is; one that names
the account leaves it to the identity policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from towpath.privilege.explaining.answer import Answer
from towpath.privilege.explaining.judgement import judge
from towpath.privilege.explaining.kleene import every, negation, some
from towpath.privilege.explaining.wording import Layer, Wording
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind, Statement
from towpath.template.conditions import Truth


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks, as far as it decides which policies are needed.

    `at_home` says whether the principal belongs to the account of the resource, `is_principal` whether it is a user or
    role (a service, a federated identity and the public have no identity policies); `needs_resource` that the
    resource's own policy must allow in any case; `resource_known` that it would be in sight.
    """

    at_home: Truth = Truth.TRUE
    is_principal: bool = True
    identity_known: bool = True
    needs_resource: bool = False
    resource_known: bool = True


def decide(request: Request, layers: list[Layer], standing: Standing) -> Answer:
    """The answer of one side under one assumption about open conditions."""
    lines = [(layer, line) for layer in layers for line in layer.lines(request)]
    opaque = {(layer.limits, layer.kind.names_principals): Truth.UNKNOWN for layer in layers if layer.opaque}
    hidden = [f"the content of {name} ({layer.name}) is not known here" for layer in layers for name in layer.opaque]

    def allowing(*, limits: bool, at_resource: bool, only: Callable[[Statement], bool] = lambda _: True) -> Truth:
        truths = (
            line.judged.truth
            for layer, line in lines
            if (layer.limits, layer.kind.names_principals) == (limits, at_resource)
            and line.judged.statement.allows
            and only(line.judged.statement)
        )
        return some([*truths, opaque.get((limits, at_resource), Truth.FALSE)])

    identity = allowing(limits=False, at_resource=False)
    if not standing.identity_known:
        identity = Truth.UNKNOWN
        hidden.append("the identity policies of the principal are not in sight")
    bounded = any(layer.limits for layer in layers)
    boundary = allowing(limits=True, at_resource=False) if bounded else Truth.TRUE
    at_resource = allowing(limits=False, at_resource=True)
    free = allowing(limits=False, at_resource=True, only=lambda item: _direct(item, request, free=True))
    direct = allowing(limits=False, at_resource=True, only=lambda item: _direct(item, request, free=False))
    if standing.needs_resource and not standing.resource_known:
        at_resource = Truth.UNKNOWN
        hidden.append(f"the policy of {request.resource} is not in sight, and it must allow the request")
    gate = at_resource if standing.needs_resource else Truth.TRUE
    home = some([every([identity, boundary, gate]), free, every([direct, boundary])])
    allows = some([every([standing.at_home, home]), every([negation(standing.at_home), at_resource])])
    if not standing.is_principal:
        allows = at_resource
    denied = some([*(line.judged.truth for _, line in lines if not line.judged.statement.allows), *opaque.values()])
    told = Wording(
        layers,
        lines,
        tuple(hidden),
        boundary,
        at_resource,
        standing.needs_resource,
        standing.is_principal,
        standing.at_home,
    )
    return told.answer(every([negation(denied), allows]))


def _direct(statement: Statement, request: Request, *, free: bool) -> bool:
    """Whether a resource's policy names the principal itself and not only its account; `free` of the boundary."""
    entries = () if statement.principals is None else statement.principals.entries
    if statement.principals is None or statement.principals.negated or request.principal is None:
        return not free
    is_user = ":user/" in request.principal.value
    for kind, value in entries:
        text = str(value)
        names_account = text.isdigit() or text.endswith(":root") or text == "${AWS.AccountId}"
        if kind == "AWS" and names_account:
            continue
        one = replace(statement, principals=replace(statement.principals, entries=((kind, value),)))
        fits = judge(request, one, Kind.RESOURCE).truth is not Truth.FALSE
        if fits and (not free or is_user or ":assumed-role/" in text):
            return True
    return False
