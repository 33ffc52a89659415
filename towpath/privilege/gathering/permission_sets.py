"""IAM Identity Center: what permission sets allow, and who is assigned which of them where."""

from typing import Any, cast

from towpath.privilege.comparison import Severity
from towpath.privilege.gathering.grant import Document, Fact, Grants, NamedPolicy, entries, options
from towpath.privilege.gathering.managed_policies import ManagedPolicies
from towpath.privilege.gathering.naming import is_text
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind
from towpath.template.resolution import Resource
from towpath.template.value import canonical


def gather(side: Side, grants: Grants) -> None:
    """Adds permission sets and their assignments."""
    managed = ManagedPolicies(side, grants)
    for item in side.of("AWS::SSO::PermissionSet"):
        _permission_set(side, grants, managed, item)
    for item in side.of("AWS::SSO::Assignment"):
        who = [_told(item.properties.get(name)) for name in ("PrincipalType", "PrincipalId")]
        where = _told(item.properties.get("TargetId"))
        what = str(item.properties.get("PermissionSetArn"))
        subject = f"{who[0]} {who[1]}"
        title = f"{subject} is newly assigned permission set {what} in account {where}"
        request = Request("sso:CreateAccountAssignment", what, context={"account": where, "principal": who[1]})
        fact = Fact(subject, "assignment", f"{what} {where}", title, request, item.path, Severity.HIGH)
        grants.facts.append(fact)


def _told(value: Any) -> str:
    return str(value) if is_text(value) else canonical(value)


def _permission_set(side: Side, grants: Grants, managed: ManagedPolicies, item: Resource) -> None:
    subject, guards, at = subject_of(side, item), side.guards(item), (*item.path, "Properties")
    properties = item.properties
    grants.subjects.add(subject)
    if properties.get("InlinePolicy") is not None:
        path = (*at, "InlinePolicy")
        grants.documents.append(Document(subject, Kind.IDENTITY, properties["InlinePolicy"], path, guards))
    for arn, when, path in options(properties.get("ManagedPolicies"), guards, (*at, "ManagedPolicies")):
        managed.attach(subject, arn, when, path)
    name = "CustomerManagedPolicyReferences"
    for reference, when, path in entries(properties.get(name), guards, (*at, name)):
        grants.named.append(NamedPolicy(subject, _referred(reference), path, when))
    for boundary, when, path in entries(properties.get("PermissionsBoundary"), guards, (*at, "PermissionsBoundary")):
        if boundary.get("ManagedPolicyArn") is not None:
            managed.attach(subject, boundary["ManagedPolicyArn"], when, path, limits=True)
        else:
            reference: Any = boundary.get("CustomerManagedPolicyReference")
            shown = (
                _referred(cast("dict[str, Any]", reference)) if isinstance(reference, dict) else canonical(reference)
            )
            grants.named.append(NamedPolicy(subject, shown, path, when, limits=True))


def _referred(reference: dict[str, Any]) -> str:
    """A customer's policy, which lives in each account under this name."""
    return f"arn:*:iam::*:policy{reference.get('Path', '/')}{reference.get('Name')}"
