"""Policies that only limit: of sessions that a service opens with a role, and of an organization's accounts.

They hold like a permissions boundary. Nothing is allowed by them, and one that is wider or gone is an expansion.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from typing import Final

from towpath.privilege.gathering.grant import Document, Grants, options
from towpath.privilege.gathering.managed_policies import ManagedPolicies
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.statement import Kind

_LIMITS: Final = {
    "AWS::Transfer::User": "Policy",
    "AWS::EKS::PodIdentityAssociation": "Policy",
    "AWS::RolesAnywhere::Profile": "SessionPolicy",
    "AWS::Organizations::Policy": "Content",
}
_SERVICE_CONTROL: Final = "SERVICE_CONTROL_POLICY"


def gather(side: Side, grants: Grants) -> None:
    """Adds every such limit."""
    managed = ManagedPolicies(side, grants)
    for item in side.of(*_LIMITS):
        name, subject, guards = _LIMITS[item.type], subject_of(side, item), side.guards(item)
        at = (*item.path, "Properties")
        if item.type.endswith("Organizations::Policy") and item.properties.get("Type") != _SERVICE_CONTROL:
            continue
        if item.properties.get(name) is not None:
            content, path = item.properties[name], (*at, name)
            grants.documents.append(Document(subject, Kind.IDENTITY, content, path, guards, limits=True))
        arns = item.properties.get("ManagedPolicyArns")
        for arn, when, path in options(arns, guards, (*at, "ManagedPolicyArns")):
            managed.attach(subject, arn, when, path, limits=True)
