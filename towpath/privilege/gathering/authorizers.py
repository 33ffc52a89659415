"""What stands behind a lock: the user pools, issuers and functions of authorizers, as resources or in a description."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from towpath.privilege.gathering.doors import API_KEY, CONNECTED, IAM, OPEN, Door
from towpath.privilege.gathering.grant import Guards, entries, options
from towpath.privilege.gathering.managed_policies import merged
from towpath.privilege.gathering.naming import in_words
from towpath.template.resolution import Resource
from towpath.template.traversal import mapping

_OPEN: Final = (OPEN, "", "None")


@dataclass(frozen=True, slots=True)
class Authorizer:
    """An authorizer by what decides in it, whatever form it is written in. Lists stay as they are, with conditions."""

    kind: str
    pools: Any = None
    issuer: Any = None
    audience: Any = None
    function: Any = None
    sources: Any = None
    pattern: Any = None

    @classmethod
    def of_resource(cls, authorizer: Resource) -> "Authorizer":
        """The authorizer that a resource of REST or HTTP APIs describes."""
        given = authorizer.properties
        token = mapping(given.get("JwtConfiguration"))
        return cls(
            kind=str(given.get("Type", given.get("AuthorizerType", ""))).upper(),
            pools=given.get("ProviderARNs"),
            issuer=token.get("Issuer"),
            audience=token.get("Audience"),
            function=given.get("AuthorizerUri"),
            sources=given.get("IdentitySource"),
            pattern=given.get("IdentityValidationExpression"),
        )

    @classmethod
    def of_scheme(cls, scheme: Mapping[str, Any]) -> "Authorizer":
        """The authorizer that a security scheme of an OpenAPI description carries."""
        given = mapping(scheme.get("x-amazon-apigateway-authorizer"))
        token = mapping(given.get("jwtConfiguration"))
        kind = given.get("type", scheme.get("x-amazon-apigateway-authtype", ""))
        header = f"method.request.{scheme.get('in')}.{scheme.get('name')}"
        return cls(
            kind=IAM if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4" else str(kind).upper(),
            pools=given.get("providerARNs"),
            issuer=token.get("issuer"),
            audience=token.get("audience"),
            function=given.get("authorizerUri"),
            sources=given.get("identitySource", header),
            pattern=given.get("identityValidationExpression"),
        )

    def ways(self, scopes: Any, needs: frozenset[str], guards: Guards, known_as: str) -> Iterator[tuple[Door, Guards]]:
        """Every way through this lock, as a door that is nowhere yet. `known_as` names an authorizer of others."""
        for scope, when, _ in _any_of(scopes, guards):
            for who, also, demands in self._vouching(when, known_as):
                kind = self.kind if self.kind in (IAM, "JWT", "COGNITO_USER_POOLS") else "CUSTOM"
                yield Door("", "", kind, who, scope, needs | demands), also

    def _vouching(self, guards: Guards, known_as: str) -> Iterator[tuple[str, Guards, frozenset[str]]]:
        if self.kind == IAM:
            yield "", guards, frozenset()
        elif self.pools is not None:
            for pool, when, _ in options(self.pools, guards):
                yield in_words(pool), when, frozenset()
        elif self.issuer is not None:
            for issuer, when, _ in options(self.issuer, guards):
                for audience, also, _ in _any_of(self.audience, when):
                    yield f"{in_words(issuer)} for {audience}", also, frozenset()
        elif self.function is not None:
            for function, when, _ in options(self.function, guards):
                yield in_words(function), when, self._demands()
        else:
            yield known_as, guards, frozenset()

    def _demands(self) -> frozenset[str]:
        """What a request must carry for the function to be asked at all."""
        listed = [in_words(item) for item, _, _ in options(self.sources)]
        names = [name.strip() for item in listed for name in item.split(",") if name.strip()]
        pattern = [] if self.pattern is None else [f"a token like {in_words(self.pattern)}"]
        return frozenset([*names, *pattern])


def resource_ways(
    properties: Mapping[str, Any], authorizers: Mapping[str, Authorizer], guards: Guards
) -> Iterator[tuple[Door, Guards]]:
    """The ways through the lock of a method or route."""
    for needs_key, when, _ in options(properties.get("ApiKeyRequired", False), guards):
        needs = frozenset([API_KEY] if needs_key in (True, "true") else [])
        for kind, also, _ in options(properties.get("AuthorizationType", OPEN), when):
            if kind in _OPEN:
                yield Door("", "", OPEN, needs=needs), also
            elif kind == IAM:
                yield Door("", "", IAM, needs=needs), also
            else:
                for item, then, _ in options(properties.get("AuthorizerId", "?"), also):
                    found = authorizers.get(str(item), Authorizer(str(kind).upper()))
                    yield from found.ways(properties.get("AuthorizationScopes"), needs, then, str(item))


def described_ways(
    body: Mapping[str, Any], operation: Mapping[str, Any], guards: Guards
) -> Iterator[tuple[Door, Guards]]:
    """The ways through the lock of an operation of an OpenAPI description.

    API Gateway takes an API key that is listed beside an authorizer as demanded as well, and passes over schemes that
    are not defined; SAM writes `NONE` so.
    """
    own = mapping(operation.get("x-amazon-apigateway-auth")).get("type")
    if own is not None:
        yield from resource_ways({"AuthorizationType": own}, {}, guards)
        return
    schemes = {
        **mapping(body.get("securityDefinitions")),
        **mapping(mapping(body.get("components")).get("securitySchemes")),
    }
    needs: frozenset[str] = frozenset()
    locks: list[tuple[Authorizer, Any, Guards, str]] = []
    for requirement, when, _ in entries(operation.get("security", body.get("security")), guards):
        for name, scopes in requirement.items():
            for scheme, also, _ in entries(schemes.get(name), when):
                if not any(key.startswith("x-amazon-apigateway-auth") for key in scheme):
                    needs |= frozenset([API_KEY] if scheme.get("type") == "apiKey" else [])
                    continue
                locks.append((Authorizer.of_scheme(scheme), scopes, merged(when, also), name))
    if not locks:
        yield Door("", "", OPEN, needs=needs), guards
    for authorizer, scopes, when, name in locks:
        yield from authorizer.ways(scopes, needs, when, name)


def connected() -> Door:
    """The lock of what is asked over a connection that is open already."""
    return Door("", "", CONNECTED)


def _any_of(value: Any, guards: Guards) -> Iterator[tuple[str | None, Guards, None]]:
    """The texts of a list; one None where there are none, which means any."""
    found = list(options(value, guards))
    if not found:
        yield None, guards, None
    for item, when, _ in found:
        yield in_words(item), when, None
