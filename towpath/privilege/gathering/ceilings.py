"""Policies that only limit: of sessions that a service opens with a role, and of an organization's accounts.

They hold like a permissions boundary. Nothing is allowed by them, and one that is wider or gone is an expansion. Those
of an organization that only deny leave the allowing to `FullAWSAccess`, which is attached unless somebody takes it off.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from typing import Any, Final, cast

from towpath.privilege.gathering.grant import Document, Grants, NamedPolicy, options
from towpath.privilege.gathering.managed_policies import ManagedPolicies
from towpath.privilege.gathering.reading import decoded
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.statement import Kind
from towpath.template.resolution import Resource
from towpath.template.value import canonical

_LIMITS: Final = {
    "AWS::Transfer::User": "Policy",
    "AWS::EKS::PodIdentityAssociation": "Policy",
    "AWS::RolesAnywhere::Profile": "SessionPolicy",
}
_CONTROL: Final = "AWS::Organizations::Policy"
_CONTROLS: Final = {"SERVICE_CONTROL_POLICY": "accounts", "RESOURCE_CONTROL_POLICY": "resources"}
_FULL_ACCESS: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def gather(side: Side, grants: Grants) -> None:
    """Adds every such limit."""
    managed = ManagedPolicies(side, grants)
    for item in side.of(*_LIMITS):
        name, subject, guards = _LIMITS[item.type], subject_of(side, item), side.guards(item)
        at = (*item.path, "Properties")
        if item.properties.get(name) is not None:
            content, path = item.properties[name], (*at, name)
            grants.documents.append(Document(subject, Kind.IDENTITY, content, path, guards, limits=True))
        arns = item.properties.get("ManagedPolicyArns")
        for arn, when, path in options(arns, guards, (*at, "ManagedPolicyArns")):
            managed.attach(subject, arn, when, path, limits=True)
    for item in side.of(_CONTROL):
        whom = _CONTROLS.get(str(item.properties.get("Type")))
        if whom is not None:
            _control(side, grants, item, whom)


def _control(side: Side, grants: Grants, item: Resource, whom: str) -> None:
    """A control policy limits every target that it is attached to; those that only deny add up there."""
    guards, path = side.guards(item), (*item.path, "Properties", "Content")
    own, content = subject_of(side, item), item.properties.get("Content")
    found = limiting(content, is_for_resources=whom == "resources")
    targets = [*options(item.properties.get("TargetIds"), guards)] or [("", guards, ())]
    for target, when, _ in targets:
        if found is None:
            subject = f"{whom} under {target or own}"
            grants.named.append(NamedPolicy(subject, canonical(content), path, when, limits=True))
            continue
        limit, only_denies = found
        subject = f"{whom} under {target or own}" if only_denies else f"{whom} under {target} {own}"
        grants.documents.append(Document(subject, Kind.IDENTITY, limit, path, when, limits=True))


def limiting(content: Any, *, is_for_resources: bool) -> tuple[Any, bool] | None:
    """The content as a boundary, and whether it only denies; None where it is not known what it says.

    A resource control policy names everybody as its principal, so its principal says nothing.
    """
    try:
        content = decoded(content)
    except PolicyError:
        return None
    if not isinstance(content, dict):
        return None
    policy = cast("dict[str, Any]", content)
    given: Any = policy.get("Statement", [])
    statements: list[Any] = cast("list[Any]", given) if isinstance(given, list) else [given]
    found: list[dict[str, Any]] = []
    for statement in statements:
        if not isinstance(statement, dict):
            return None
        own = dict(cast("dict[str, Any]", statement))
        if is_for_resources and own.pop("Principal", "*") not in ("*", {"AWS": "*"}):
            return None
        found.append(own)
    only_denies = not any(own.get("Effect") != "Deny" for own in found)
    full = [_FULL_ACCESS] if only_denies else []
    return {**policy, "Statement": [*found, *full]}, only_denies
