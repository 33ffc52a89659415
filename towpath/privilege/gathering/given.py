"""What lists give to whom: shares, data permissions, cluster access, consumers of services. One fact per giving.

Each reader yields who is given which action on what; an old giving with a trailing `*`, or of `ALL`, covers a new one.
The forms are those of the resource types' pages in
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Fact, Grants, Guards, entries, options
from towpath.privilege.gathering.naming import in_words
from towpath.privilege.gathering.reading import decoded
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.request import Request
from towpath.template.resolution import Resource
from towpath.template.traversal import mapping
from towpath.template.value import canonical

_PUBLIC: Final = ("*", "the internet")
_THIS: Final = "this"
"""The target of a giving that is about the resource that it stands at."""


@dataclass(frozen=True, slots=True)
class Giving:
    """Somebody is given an action on something; `action` and `target` may end in `*`."""

    who: str
    action: str
    target: str
    guards: Guards = ()

    def covered_by(self, rules: Iterable[object]) -> bool:
        """Whether one of the others gives the same or more."""
        return any(
            isinstance(rule, Giving) and _within(self.action, rule.action) and _within(self.target, rule.target)
            for rule in rules
        )


def _within(special: str, general: str) -> bool:
    return special == general or general == "ALL" or (general.endswith("*") and special.startswith(general[:-1]))


def gather(side: Side, grants: Grants) -> None:
    """Adds every giving; lists that cannot be read are not understood."""
    for resource in side.resources():
        kind = "AWS::QuickSight::" if resource.type.startswith("AWS::QuickSight::") else resource.type
        found = _READERS.get(kind)
        if found is None:
            continue
        action, reader = found
        try:
            givings = list(reader(resource, side.guards(resource)))
        except PolicyError:
            grants.opaque[subject_of(side, resource)] = canonical(dict(resource.properties)), resource.path
            continue
        own = subject_of(side, resource)
        for item in givings:
            grants.facts.append(_fact(resource, action, replace(item, target=own) if item.target == _THIS else item))


def _fact(resource: Resource, action: str, item: Giving) -> Fact:
    return Fact(
        subject=item.who,
        grant=resource.type.removeprefix("AWS::"),
        what=f"{item.action} {item.target}",
        title=f"{item.who} is newly given {item.action} on {item.target} ({resource.type.removeprefix('AWS::')})",
        request=Request(action, item.target, context={"given": item.action, "to": item.who}),
        path=(*resource.path, "Properties"),
        severity=Severity.HIGH if item.who in _PUBLIC else Severity.MEDIUM,
        classes=(FindingClass.PUBLIC,) if item.who in _PUBLIC else (),
        guards=item.guards,
        rule=item,
    )


def _share(resource: Resource, guards: Guards) -> Iterator[Giving]:
    given = resource.properties
    for who, when, _ in options(given.get("Principals"), guards):
        for target, also, _ in options(given.get("ResourceArns"), when):
            for permission, then, _ in options(given.get("PermissionArns", ["the default permission"]), also):
                yield Giving(in_words(who), f"{in_words(permission)} within the organization", in_words(target), then)
                for outside, last, _ in options(given.get("AllowExternalPrincipals", True), then):
                    if outside not in (False, "false"):
                        yield Giving(in_words(who), f"{in_words(permission)} from outside", in_words(target), last)


def _lake(resource: Resource, guards: Guards) -> Iterator[Giving]:
    given = resource.properties
    principal = mapping(given.get("Principal", given.get("DataLakePrincipal")))
    for who, when, _ in options(principal.get("DataLakePrincipalIdentifier", "?"), guards):
        for target, also, _ in options(given.get("Resource"), when):
            for permission, then, _ in options(given.get("Permissions"), also):
                yield Giving(in_words(who), in_words(permission), in_words(target), then)
            for permission, then, _ in options(given.get("PermissionsWithGrantOption"), also):
                yield Giving(in_words(who), f"to grant {in_words(permission)}", in_words(target), then)


def _cluster(resource: Resource, guards: Guards) -> Iterator[Giving]:
    given, cluster = resource.properties, f"cluster {in_words(resource.properties.get('ClusterName'))}"
    for who, when, _ in options(given.get("PrincipalArn", "?"), guards):
        yield Giving(in_words(who), f"to sign in as {in_words(given.get('Type', 'STANDARD'))}", cluster, when)
        for group, also, _ in options(given.get("KubernetesGroups"), when):
            yield Giving(in_words(who), f"Kubernetes group {in_words(group)}", cluster, also)
        for policy, also, _ in entries(given.get("AccessPolicies"), when):
            scope = mapping(policy.get("AccessScope"))
            arn = in_words(policy.get("PolicyArn"))
            if scope.get("Type") != "namespace":
                yield Giving(in_words(who), f"{arn} in *", cluster, also)
            for space, then, _ in options(scope.get("Namespaces"), also):
                yield Giving(in_words(who), f"{arn} in {in_words(space)}", cluster, then)


def _listed(who: str, target: str, action: str) -> Callable[[Resource, Guards], Iterator[Giving]]:
    """A reader of types that name their principals, their target and, where they have them, actions in properties."""

    def read(resource: Resource, guards: Guards) -> Iterator[Giving]:
        given = resource.properties
        for principal, when, _ in options(given.get(who), guards):
            for what, also, _ in options(given.get(action, "use"), when):
                yield Giving(in_words(principal), in_words(what), in_words(given.get(target, _THIS)), also)

    return read


def _profiled(resource: Resource, guards: Guards) -> Iterator[Giving]:
    for who, when, _ in options(mapping(resource.properties.get("AgentPermissions")).get("Principals"), guards):
        yield Giving(in_words(who), "sending profiles", _THIS, when)


def _storage(resource: Resource, guards: Guards) -> Iterator[Giving]:
    given, grantee = resource.properties, mapping(resource.properties.get("Grantee"))
    below = mapping(given.get("AccessGrantsLocationConfiguration")).get("S3SubPrefix", "*")
    target = f"location {in_words(given.get('AccessGrantsLocationId'))} {in_words(below)}"
    for permission, when, _ in options(given.get("Permission"), guards):
        for one in ("READ", "WRITE") if permission == "READWRITE" else (in_words(permission),):
            yield Giving(
                f"{grantee.get('GranteeType')} {in_words(grantee.get('GranteeIdentifier'))}", one, target, when
            )


def _dashboard(resource: Resource, guards: Guards) -> Iterator[Giving]:
    for permission, when, _ in entries(resource.properties.get("Permissions"), guards):
        for action, also, _ in options(permission.get("Actions"), when):
            yield Giving(in_words(permission.get("Principal")), in_words(action), _THIS, also)


def _collection_data(resource: Resource, guards: Guards) -> Iterator[Giving]:
    for policy, when, _ in entries(decoded(resource.properties.get("Policy")), guards):
        for who, also, _ in options(policy.get("Principal"), when):
            for rule, then, _ in entries(policy.get("Rules"), also):
                for target, rest, _ in options(rule.get("Resource"), then):
                    for permission, last, _ in options(rule.get("Permission"), rest):
                        yield Giving(in_words(who), in_words(permission), in_words(target), last)


def _collection_network(resource: Resource, guards: Guards) -> Iterator[Giving]:
    if resource.properties.get("Type") == "encryption":
        return
    for policy, when, _ in entries(decoded(resource.properties.get("Policy")), guards):
        callers = [*options(policy.get("SourceVPCEs"), when), *options(policy.get("SourceServices"), when)]
        if policy.get("AllowFromPublic") in (True, "true"):
            callers.append(("the internet", when, ()))
        for who, also, _ in callers:
            for rule, then, _ in entries(policy.get("Rules"), also):
                for target, last, _ in options(rule.get("Resource"), then):
                    yield Giving(in_words(who), f"the {in_words(rule.get('ResourceType'))}", in_words(target), last)


_READERS: Final[dict[str, tuple[str, Callable[[Resource, Guards], Iterator[Giving]]]]] = {
    "AWS::RAM::ResourceShare": ("ram:AssociateResourceShare", _share),
    "AWS::LakeFormation::Permissions": ("lakeformation:GetDataAccess", _lake),
    "AWS::LakeFormation::PrincipalPermissions": ("lakeformation:GetDataAccess", _lake),
    "AWS::EKS::AccessEntry": ("eks:AccessKubernetesApi", _cluster),
    "AWS::ACMPCA::Permission": (
        "acm-pca:IssueCertificate", _listed("Principal", "CertificateAuthorityArn", "Actions")
    ),
    "AWS::EC2::VPCEndpointServicePermissions": (
        "ec2:CreateVpcEndpoint", _listed("AllowedPrincipals", "ServiceId", "")
    ),
    "AWS::CodeGuruProfiler::ProfilingGroup": ("codeguru-profiler:PostAgentProfile", _profiled),
    "AWS::GlobalAccelerator::CrossAccountAttachment": (
        "globalaccelerator:CreateEndpointGroup", _listed("Principals", "", "Resources")
    ),
    "AWS::IdentityStore::GroupMembership": ("identitystore:CreateGroupMembership", _listed("MemberId", "GroupId", "")),
    "AWS::LicenseManager::Grant": (
        "license-manager:CheckoutLicense", _listed("Principals", "LicenseArn", "AllowedOperations")
    ),
    "AWS::QBusiness::Permission": ("qbusiness:ChatSync", _listed("Principal", "ApplicationId", "Actions")),
    "AWS::SSO::ApplicationAssignment": (
        "sso:CreateApplicationAssignment", _listed("PrincipalId", "ApplicationArn", "")
    ),
    "AWS::ServiceCatalog::PortfolioPrincipalAssociation": (
        "servicecatalog:ProvisionProduct", _listed("PrincipalARN", "PortfolioId", "")
    ),
    "AWS::ServiceCatalog::PortfolioShare": (
        "servicecatalog:ProvisionProduct", _listed("AccountId", "PortfolioId", "")
    ),
    "AWS::Signer::ProfilePermission": ("signer:StartSigningJob", _listed("Principal", "ProfileName", "Action")),
    "AWS::S3::AccessGrant": ("s3:GetDataAccess", _storage),
    "AWS::QuickSight::": ("quicksight:DescribeDashboard", _dashboard),
    "AWS::IoT::PolicyPrincipalAttachment": ("iot:Connect", _listed("Principal", "PolicyName", "")),
    "AWS::Cognito::UserPoolUserToGroupAttachment": (
        "cognito-idp:AdminAddUserToGroup", _listed("Username", "GroupName", "")
    ),
    "AWS::OpenSearchServerless::AccessPolicy": ("aoss:APIAccessAll", _collection_data),
    "AWS::OpenSearchServerless::SecurityPolicy": ("aoss:APIAccessAll", _collection_network),
}  # fmt: skip
