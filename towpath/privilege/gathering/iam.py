"""Roles, users and groups: their policies inline and attached, trust, boundaries, membership, keys, federation."""

from typing import Any

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Document, Fact, Grants, Guards, Membership, entries, options
from towpath.privilege.gathering.managed_policies import ManagedPolicies, merged
from towpath.privilege.gathering.naming import is_text
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import named, subject_of
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.value import canonical

_HOLDERS = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
_ATTACHING = {
    "AWS::IAM::Policy": ("Roles", "Users", "Groups"),
    "AWS::IAM::ManagedPolicy": ("Roles", "Users", "Groups"),
    "AWS::IAM::RolePolicy": ("RoleName",),
    "AWS::IAM::UserPolicy": ("UserName",),
    "AWS::IAM::GroupPolicy": ("GroupName",),
}
_NOUNS = {"R": "role", "U": "user", "G": "group"}


def gather(side: Side, grants: Grants) -> None:
    """Adds what IAM's resources grant."""
    managed = ManagedPolicies(side, grants)
    for holder in side.of(*_HOLDERS):
        _holder(side, grants, managed, holder)
    for policy in side.of(*_ATTACHING):
        _attachment(side, managed, grants, policy)
    managed.others()
    for addition in side.of("AWS::IAM::UserToGroupAddition"):
        _addition(side, grants, addition)
    for key in side.of("AWS::IAM::AccessKey"):
        _access_key(side, grants, key)
    for provider in side.of("AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider"):
        _provider(side, grants, provider)


def _holder(side: Side, grants: Grants, managed: ManagedPolicies, holder: Resource) -> None:
    subject, guards, at = subject_of(side, holder), side.guards(holder), (*holder.path, "Properties")
    properties = holder.properties
    grants.subjects.add(subject)
    for policy, when, place in entries(properties.get("Policies"), guards, (*at, "Policies")):
        path = (*place, "PolicyDocument")
        grants.documents.append(Document(subject, Kind.IDENTITY, policy.get("PolicyDocument"), path, when))
    for arn, when, place in options(properties.get("ManagedPolicyArns"), guards, (*at, "ManagedPolicyArns")):
        managed.attach(subject, arn, when, place)
    for arn, when, place in options(properties.get("PermissionsBoundary"), guards, (*at, "PermissionsBoundary")):
        managed.attach(subject, arn, when, place, limits=True)
    trust = properties.get("AssumeRolePolicyDocument")
    if trust is not None:
        grants.documents.append(Document(subject, Kind.TRUST, trust, (*at, "AssumeRolePolicyDocument"), guards))
    for group, when, place in options(properties.get("Groups"), guards, (*at, "Groups")):
        grants.members.append(Membership(subject, named("group", group), place, when))
    if properties.get("LoginProfile") is not None:
        _credential(grants, subject, "a console password", "iam:CreateLoginProfile", (*at, "LoginProfile"), guards)


def _attachment(side: Side, managed: ManagedPolicies, grants: Grants, policy: Resource) -> None:
    at = (*policy.path, "Properties")
    for name in _ATTACHING[policy.type]:
        for holder, when, _ in options(policy.properties.get(name), side.guards(policy)):
            subject = named(_NOUNS[name[0]], holder)
            if policy.type == "AWS::IAM::ManagedPolicy":
                managed.document(subject, policy, when)
            else:
                content = policy.properties.get("PolicyDocument")
                grants.documents.append(Document(subject, Kind.IDENTITY, content, (*at, "PolicyDocument"), when))


def _addition(side: Side, grants: Grants, addition: Resource) -> None:
    at = (*addition.path, "Properties")
    group = addition.properties.get("GroupName")
    for user, when, place in options(addition.properties.get("Users"), side.guards(addition), (*at, "Users")):
        for found, also, _ in options(group, when):
            grants.members.append(Membership(named("user", user), named("group", found), place, merged(when, also)))


def _access_key(side: Side, grants: Grants, key: Resource) -> None:
    if key.properties.get("Status") == "Inactive":
        return
    subject = named("user", key.properties.get("UserName"))
    _credential(grants, subject, "an access key", "iam:CreateAccessKey", key.path, side.guards(key))


def _credential(grants: Grants, subject: str, what: str, action: str, path: Path, guards: Guards) -> None:
    request = Request(action, subject.removeprefix("user "))
    title = f"{subject} newly has {what}: whoever holds it acts as this user"
    grants.facts.append(Fact(subject, "credential", what, title, request, path, Severity.HIGH, guards=guards))


def _provider(side: Side, grants: Grants, provider: Resource) -> None:
    """Whose word is taken for who somebody is: the provider, and for OIDC each audience and certificate."""
    properties, at, guards = provider.properties, (*provider.path, "Properties"), side.guards(provider)
    if provider.type == "AWS::IAM::SAMLProvider":
        given = properties.get("Name", f"${{{side.label(provider.logical_id)}}}")
        name = given if is_text(given) else canonical(given)
        what = canonical(properties.get("SamlMetadataDocument"))
        _trusted(grants, f"SAML provider {name}", what, "its metadata", at, guards)
        return
    subject = f"OIDC provider {_host(properties.get('Url'))}"
    grants.subjects.add(subject)
    _trusted(grants, subject, "provider", "identities that it vouches for", (*at, "Url"), guards)
    for name, shown in (("ClientIdList", "audience"), ("ThumbprintList", "certificate")):
        for item, when, place in options(properties.get(name), guards, (*at, name)):
            _trusted(grants, subject, f"{shown} {canonical(item)}", f"the {shown} {item}", place, when)


def _host(url: Any) -> str:
    return str(url).removeprefix("https://").rstrip("/")


def _trusted(grants: Grants, subject: str, what: str, shown: str, path: Path, guards: Guards) -> None:
    request = Request("sts:AssumeRoleWithWebIdentity" if subject.startswith("OIDC") else "sts:AssumeRoleWithSAML", "*",
                      context={"provider": subject})  # fmt: skip
    title = f"{subject} newly trusted: {shown}"
    classes = (FindingClass.OPEN_FEDERATION,)
    grants.facts.append(Fact(subject, "identity provider", what, title, request, path, Severity.HIGH, classes, guards))
