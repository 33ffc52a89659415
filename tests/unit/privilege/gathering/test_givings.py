"""What lists give to whom, what only limits, and whose users an identity pool knows: wider, narrower, rewritten."""

import json
from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import Json, answer, compared, document, resource, role, template

ROOT = "arn:aws:iam::111122223333:root"
ALL: Json = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NO_S3: Json = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
READ_S3: Json = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def one(kind: str, **properties: Any) -> Json:
    return template(Thing=resource(kind, **properties))


def share(*principals: str, arns: tuple[str, ...] = ("arn:a",), **more: Any) -> Json:
    return one("RAM::ResourceShare", Name="s", Principals=list(principals), ResourceArns=list(arns), **more)


def lake(*permissions: str, grantable: tuple[str, ...] = ()) -> Json:
    return one(
        "LakeFormation::PrincipalPermissions",
        Principal={"DataLakePrincipalIdentifier": ROOT},
        Resource={"Database": {"CatalogId": "1", "Name": "d"}},
        Permissions=list(permissions),
        PermissionsWithGrantOption=list(grantable),
    )


def entry(*spaces: str) -> Json:
    scope: Json = {"Type": "namespace", "Namespaces": list(spaces)} if spaces else {"Type": "cluster"}
    policies = [{"PolicyArn": "arn:aws:eks::aws:cluster-access-policy/Edit", "AccessScope": scope}]
    return one("EKS::AccessEntry", ClusterName="c", PrincipalArn=ROOT, AccessPolicies=policies)


def collection(*permissions: str, index: str = "index/c/*") -> Json:
    rules = [{"ResourceType": "index", "Resource": [index], "Permission": list(permissions)}]
    policy = [{"Rules": rules, "Principal": [ROOT]}]
    return one("OpenSearchServerless::AccessPolicy", Name="a", Type="data", Policy=json.dumps(policy))


def reachable(public: bool) -> Json:
    rules = [{"ResourceType": "collection", "Resource": ["collection/c"]}]
    policy = json.dumps([{"Rules": rules, "AllowFromPublic": public, "SourceVPCEs": ["vpce-1"]}])
    return one("OpenSearchServerless::SecurityPolicy", Name="a", Type="network", Policy=policy)


def consumers(*principals: str) -> Json:
    return one("EC2::VPCEndpointServicePermissions", ServiceId="s", AllowedPrincipals=list(principals))


def authority(*actions: str) -> Json:
    return one("ACMPCA::Permission", CertificateAuthorityArn="a", Principal="acm.amazonaws.com", Actions=list(actions))


def agents(*names: str) -> Json:
    principals = [f"arn:aws:iam::111122223333:role/{name}" for name in names]
    return one("CodeGuruProfiler::ProfilingGroup", AgentPermissions={"Principals": principals})


def launchable(**by: Any) -> Json:
    given = {"Region": "r", "AmiDistributionConfiguration": {"LaunchPermissionConfiguration": by}}
    return one("ImageBuilder::DistributionConfiguration", Name="d", Distributions=[given])


def storage(permission: str) -> Json:
    grantee = {"GranteeType": "IAM", "GranteeIdentifier": ROOT}
    return one("S3::AccessGrant", AccessGrantsLocationId="default", Permission=permission, Grantee=grantee)


def dashboard(*actions: str) -> Json:
    return one("QuickSight::Dashboard", Permissions=[{"Principal": ROOT, "Actions": list(actions)}])


def control(*statements: Json) -> Json:
    content = document(*statements)
    return one("Organizations::Policy", Name="p", Type="SERVICE_CONTROL_POLICY", Content=content)


def session(kind: str, name: str, policy: Json | None) -> Json:
    own: Json = {} if policy is None else {name: json.dumps(policy)}
    return template(Both=role(ALL), Thing=resource(kind, **own))


def pool(**properties: Any) -> Json:
    return one("Cognito::IdentityPool", AllowUnauthenticatedIdentities=False, **properties)


def client(name: str, **more: Any) -> Json:
    return pool(CognitoIdentityProviders=[{"ClientId": name, "ProviderName": "u", **more}])


def mapped(match: str, value: str, otherwise: str = "Deny") -> Json:
    rules = {"Rules": [{"Claim": "team", "MatchType": match, "Value": value, "RoleARN": "arn:aws:iam::1:role/r"}]}
    given = {
        "IdentityProvider": "u",
        "Type": "Rules",
        "AmbiguousRoleResolution": otherwise,
        "RulesConfiguration": rules,
    }
    return one("Cognito::IdentityPoolRoleAttachment", IdentityPoolId="p", RoleMappings={"m": given})


WIDER: dict[str, tuple[Json, Json]] = {
    "a share with another account": (share("222222222222"), share("222222222222", "333333333333")),
    "a share of another resource": (share("222222222222"), share("222222222222", arns=("arn:a", "arn:b"))),
    "a share outside": (share("222222222222", AllowExternalPrincipals=False), share("222222222222")),
    "a permission on data": (lake("SELECT"), lake("SELECT", "ALTER")),
    "all permissions on data": (lake("SELECT"), lake("ALL")),
    "to grant on": (lake("SELECT"), lake("SELECT", grantable=("SELECT",))),
    "another namespace": (entry("a"), entry("a", "b")),
    "a whole cluster": (entry("a"), entry()),
    "a permission on an index": (collection("aoss:ReadDocument"), collection("aoss:*")),
    "another index": (collection("aoss:*", index="index/c/a*"), collection("aoss:*")),
    "a public collection": (reachable(False), reachable(True)),
    "another consumer": (consumers(ROOT), consumers(ROOT, "*")),
    "another action of an authority": (authority("GetCertificate"), authority("GetCertificate", "IssueCertificate")),
    "writing": (storage("READ"), storage("READWRITE")),
    "a dashboard": (dashboard("quicksight:A"), dashboard("quicksight:A", "quicksight:B")),
    "a control that denies less": (control(ALL, NO_S3), control(ALL)),
    "another provider": (pool(), pool(SamlProviderARNs=["arn:aws:iam::1:saml-provider/p"])),
    "another client": (client("a", ServerSideTokenCheck=True), client("b", ServerSideTokenCheck=True)),
    "tokens that are not checked": (client("a", ServerSideTokenCheck=True), client("a")),
    "a wider claim": (mapped("Equals", "red"), mapped("StartsWith", "r")),
    "an even wider claim": (mapped("StartsWith", "red"), mapped("Contains", "e")),
    "whoever matches no rule": (mapped("Equals", "red"), mapped("Equals", "red", "AuthenticatedRole")),
    "another agent": (agents("a"), agents("a", "b")),
    "another account's accelerator": (
        one("GlobalAccelerator::CrossAccountAttachment", Principals=["1"], Resources=[{"EndpointId": "e"}]),
        one("GlobalAccelerator::CrossAccountAttachment", Principals=["1", "2"], Resources=[{"EndpointId": "e"}]),
    ),
    "another user of a portfolio": (
        one("ServiceCatalog::PortfolioPrincipalAssociation"),
        one("ServiceCatalog::PortfolioPrincipalAssociation", PortfolioId="p", PrincipalARN=ROOT),
    ),
    "everybody instead of one account": (consumers(ROOT), consumers("*")),
    "a session without its limit": (
        session("Transfer::User", "Policy", document(READ_S3)), session("Transfer::User", "Policy", None)
    ),
    "a session with a wider limit": (
        session("RolesAnywhere::Profile", "SessionPolicy", document(READ_S3)),
        session("RolesAnywhere::Profile", "SessionPolicy", document(ALL)),
    ),
}  # fmt: skip
ONE_OTHER = ("another client",)


@pytest.mark.parametrize("case", WIDER)
def test_it_is_an_expansion_one_way_only(case: str) -> None:
    old, new = WIDER[case]
    found = compared(old, new)
    assert found.verdict.value == "EXPANSION", found
    assert all(":" in finding.witness.action for finding in found.findings)
    if case not in ONE_OTHER:
        assert answer(new, old) == "NO_EXPANSION", compared(new, old)


@pytest.mark.parametrize("case", WIDER)
def test_what_is_gone_as_a_whole_is_no_expansion(case: str) -> None:
    for whole in WIDER[case]:
        kept = template(**{name: item for name, item in whole["Resources"].items() if name != "Thing"})
        is_control = case == "a control that denies less"
        assert is_control or answer(whole, kept) == "NO_EXPANSION", compared(whole, kept)
        assert answer(whole, json.loads(json.dumps(whole))) == "NO_EXPANSION"


def test_a_control_that_is_gone_frees_what_it_denied() -> None:
    (finding,) = compared(control(ALL, NO_S3), template()).findings
    assert [kind.value for kind in finding.classes] == ["ceiling"]
    assert answer(template(), control(ALL, NO_S3)) == "NO_EXPANSION"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (launchable(UserIds=["111122223333"]), launchable(UserGroups=["all"])),
        (template(), one("RDS::DBSecurityGroup", DBSecurityGroupIngress=[{"CIDRIP": "0.0.0.0/0"}])),
        (template(), {"Resources": {"Thing": {"Type": "Acme::Net::Public::MODULE"}}}),
        (
            one("CloudFormation::StackSet", TemplateURL="a", StackInstancesGroup=[{"Regions": ["a"]}]),
            one("CloudFormation::StackSet", TemplateURL="a", StackInstancesGroup=[{"Regions": ["a", "b"]}]),
        ),
    ],
)
def test_what_bears_permissions_and_is_not_judged_is_said_to_be_so(old: Json, new: Json) -> None:
    (reason,) = compared(old, new).unknown
    assert reason.code == "privilege-not-understood"
    assert answer(new, new) == "NO_EXPANSION"


def test_a_list_that_cannot_be_read_is_not_understood() -> None:
    broken = one("OpenSearchServerless::AccessPolicy", Name="a", Type="data", Policy="no JSON")
    assert answer(template(), broken) == "UNKNOWN"
    assert answer(broken, broken) == "NO_EXPANSION"


def test_a_service_linked_role_is_the_services_own() -> None:
    def scaled(name: str) -> Json:
        arn = f"arn:aws:iam::111122223333:role/aws-service-role/{name}.application-autoscaling.amazonaws.com/AWSRole"
        return one("ApplicationAutoScaling::ScalableTarget", RoleARN=arn)

    assert answer(one("ApplicationAutoScaling::ScalableTarget"), scaled("ecs")) == "NO_EXPANSION"
    assert answer(scaled("ecs"), scaled("lambda")) == "NO_EXPANSION"
