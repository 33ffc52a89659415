"""Cognito identity pools: whose users get credentials, whether guests do, and by which claims they get which role.

The roles themselves are read with all roles that workloads act with.
https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Fact, Grants, Guards, RoleUse, entries, options
from towpath.privilege.gathering.naming import in_words
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import named
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.traversal import mapping
from towpath.template.value import Either, canonical, scalar_text

_DOORS: Final = {
    "AllowUnauthenticatedIdentities": ("guests, without signing in, get credentials", (FindingClass.PUBLIC,)),
    "AllowClassicFlow": ("the basic flow hands out credentials that no session policy limits", ()),
}
_PROVIDERS: Final = ("OpenIdConnectProviderARNs", "SamlProviderARNs", "DeveloperProviderName")
_ACTION: Final = "cognito-identity:GetCredentialsForIdentity"
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Claim:
    """Users of a provider whose claim matches get a role; an empty `claim` stands for all of its users."""

    provider: str
    role: str
    claim: str = ""
    match: str = ""
    value: str = ""
    arn: Any = field(default=None, compare=False)

    def covered_by(self, rules: Iterable[object]) -> bool:
        """Whether one of the others gives the same role to all these users, or another one to just these.

        What another role may do is compared as that of a workload that acts with it.
        """
        return any(isinstance(rule, Claim) and self._is_left_to(rule) for rule in rules)

    def _is_left_to(self, rule: "Claim") -> bool:
        return (bool(self.claim) and rule.users == self.users) or (rule.role == self.role and rule.includes(self))

    @property
    def users(self) -> tuple[str, str, str, str]:
        """Whom the rule means, whatever role they get."""
        return self.provider, self.claim, self.match, self.value

    def includes(self, other: "Claim") -> bool:
        """Whether all users that the other one means are meant by this one."""
        if self.provider not in (_ANY, other.provider):
            return False
        if not self.claim or self.users == other.users:
            return True
        if self.claim != other.claim or other.match not in ("Equals", "StartsWith", "Contains"):
            return False
        if self.match == "Contains":
            return self.value in other.value
        is_prefix = self.match == "StartsWith" and other.match != "Contains"
        return (is_prefix and other.value.startswith(self.value)) or (
            (self.match, other.match) == ("NotEqual", "Equals") and self.value != other.value
        )


def gather(side: Side, grants: Grants) -> None:
    """Adds what identity pools let in."""
    for pool in side.of("AWS::Cognito::IdentityPool"):
        subject = f"identity pool ${{{side.label(pool.logical_id)}}}"
        grants.subjects.add(subject)
        _guests(side, grants, pool, subject)
        for who, guards in _trusted(pool, side.guards(pool)):
            title = f"{subject} newly gives credentials to users of {who}"
            request = Request(_ACTION, subject, context={"provider": who})
            fact = Fact(subject, "identity provider", who, title, request, pool.path, guards=guards)
            grants.facts.append(fact)
    for attachment in side.of("AWS::Cognito::IdentityPoolRoleAttachment"):
        _claims(side, grants, attachment)


def _guests(side: Side, grants: Grants, pool: Resource, subject: str) -> None:
    for name, (effect, classes) in _DOORS.items():
        path = (*pool.path, "Properties", name)
        for value, guards, place in options(pool.properties.get(name), side.guards(pool), path):
            if scalar_text(value) != "false":
                request = Request(_ACTION, subject, Principal("*", "*"))
                title = f"{subject} newly has {name}: {effect}"
                severity = Severity.HIGH if classes else Severity.MEDIUM
                grants.facts.append(
                    Fact(subject, "identity pool", name, title, request, place, severity, classes, guards)
                )


def _trusted(pool: Resource, guards: Guards) -> Iterator[tuple[str, Guards]]:
    """The providers whose users get credentials."""
    for name in _PROVIDERS:
        for provider, when, _ in options(pool.properties.get(name), guards):
            yield str(provider), when
    for provider, when, _ in entries(pool.properties.get("CognitoIdentityProviders"), guards):
        yield f"client {in_words(provider.get('ClientId'))} of {in_words(provider.get('ProviderName'))}", when
        for checked, also, _ in options(provider.get("ServerSideTokenCheck", False), when):
            if scalar_text(checked) != "true":
                yield f"{in_words(provider.get('ProviderName'))}, also signed out or disabled since", also
    for found, when, _ in entries(pool.properties.get("SupportedLoginProviders"), guards):
        for name, application in found.items():
            for item, also, _ in options(application, when):
                yield f"{name} ({item})", also


def _claims(side: Side, grants: Grants, attachment: Resource) -> None:
    subject = f"identity pool {in_words(attachment.properties.get('IdentityPoolId'))}"
    path = (*attachment.path, "Properties", "RoleMappings")
    for claim, guards in _mapped(attachment.properties.get("RoleMappings"), side.guards(attachment)):
        who = f"whose {claim.claim} {claim.match} {claim.value}" if claim.claim else "who match no rule"
        title = f"{subject} newly gives {claim.role} to users of {claim.provider} {who}"
        request = Request(_ACTION, subject, context={"provider": claim.provider, "role": claim.role, "users": who})
        what = canonical([claim.provider, claim.role, claim.claim, claim.match, claim.value])
        grants.facts.append(Fact(subject, "role mapping", what, title, request, path, guards=guards, rule=claim))
        if claim.claim:
            users = f"{subject}, users of {claim.provider} {who},"
            grants.uses.append(
                RoleUse(users, "role mapping", named("role", claim.arn), path, guards, only_instead=True)
            )


def _mapped(value: Any, guards: Guards) -> Iterator[tuple[Claim, Guards]]:
    """Where nothing is mapped, all users get the pool's role."""
    if value is None:
        yield Claim(_ANY, "the authenticated role"), guards
    if not isinstance(value, (dict, Either)):
        return
    for mappings, when, _ in entries(value, guards):
        for name, given in mappings.items():
            for found, also, _ in entries(given, when):
                provider = in_words(found.get("IdentityProvider", name))
                if found.get("Type") == "Token":
                    yield Claim(provider, "the role of the token"), also
                if found.get("AmbiguousRoleResolution") != "Deny":
                    yield Claim(provider, "the authenticated role"), also
                rules = mapping(found.get("RulesConfiguration")).get("Rules")
                yield from _first_matches(provider, entries(rules, also))


def _first_matches(
    provider: str, rules: Iterable[tuple[dict[str, Any], Guards, Path]]
) -> Iterator[tuple[Claim, Guards]]:
    """The first rule that matches decides: one whose users all match an earlier rule gives nothing."""
    earlier: list[tuple[Claim, Guards]] = []
    for rule, when, _ in rules:
        parts = [in_words(rule.get(part)) for part in ("Claim", "MatchType", "Value")]
        for role, guards, _ in options(rule.get("RoleARN"), when):
            claim = Claim(provider, str(role), *parts, arn=role)
            if not any(set(so_far) <= set(when) and found.includes(claim) for found, so_far in earlier):
                yield claim, guards
        earlier.append((Claim(provider, "", *parts), when))
