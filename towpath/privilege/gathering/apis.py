"""Who may call an API: the lock on every method and route, the authorizers behind them, and where it is reachable.

A new method without a lock lets everybody in; one with a lock is a door for those whom the lock lets in. Another lock
on the same door cannot be compared from here, unless it is none.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Fact, Grants, Guards, options
from towpath.privilege.gathering.side import Side
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.value import canonical

_VERBS: Final = frozenset(
    {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}
)
_AUTHORIZERS: Final = ("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer")
_DECIDING: Final = {
    "AWS::ApiGateway::Authorizer": (
        "Type", "AuthorizerUri", "IdentitySource", "ProviderARNs", "IdentityValidationExpression",
    ),
    "AWS::ApiGatewayV2::Authorizer": ("AuthorizerType", "AuthorizerUri", "IdentitySource", "JwtConfiguration"),
}  # fmt: skip
_OPEN: Final = ("NONE", "", "None")


def gather(side: Side, grants: Grants) -> None:
    """Adds the doors of REST APIs, HTTP and WebSocket APIs and GraphQL APIs."""
    locks = {f"${{{side.label(item.logical_id)}}}": _lock(item) for item in side.of(*_AUTHORIZERS)}
    for method in side.of("AWS::ApiGateway::Method"):
        _method(side, grants, method, locks)
    for route in side.of("AWS::ApiGatewayV2::Route"):
        _route(side, grants, route, locks)
    for api in side.of("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"):
        _api(side, grants, api)
    for api in side.of("AWS::AppSync::GraphQLApi"):
        _graphql(side, grants, api)


def _lock(authorizer: Resource) -> str:
    """What decides in an authorizer: two with the same are the same lock."""
    return canonical({name: authorizer.properties.get(name) for name in _DECIDING[authorizer.type]})


def _doors(properties: Mapping[str, Any], locks: Mapping[str, str], guards: Guards) -> Iterator[tuple[str, Guards]]:
    for kind, when, _ in options(properties.get("AuthorizationType", "NONE"), guards):
        if kind in _OPEN:
            for needs_key, also, _ in options(properties.get("ApiKeyRequired", False), when):
                yield ("an API key" if needs_key in (True, "true") else "NONE"), also
            continue
        if kind == "AWS_IAM":
            yield "AWS_IAM", when
            continue
        for authorizer, also, _ in options(properties.get("AuthorizerId", "?"), when):
            scopes = canonical(properties.get("AuthorizationScopes", []))
            yield f"{kind} {locks.get(str(authorizer), str(authorizer))} {scopes}", also


def _method(side: Side, grants: Grants, method: Resource, locks: Mapping[str, str]) -> None:
    properties = method.properties
    subject = f"API {_text(properties.get('RestApiId'))}"
    where = _text(side.path_of(properties.get("ResourceId")))
    for lock, guards in _doors(properties, locks, side.guards(method)):
        _door(grants, subject, f"{_text(properties.get('HttpMethod'))} {where}", lock, method.path, guards)


def _route(side: Side, grants: Grants, route: Resource, locks: Mapping[str, str]) -> None:
    properties = route.properties
    subject = f"API {_text(properties.get('ApiId'))}"
    for lock, guards in _doors(properties, locks, side.guards(route)):
        _door(grants, subject, _text(properties.get("RouteKey")), lock, route.path, guards)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def _door(grants: Grants, subject: str, door: str, lock: str, path: Path, guards: Guards) -> None:
    is_open = lock == "NONE"
    preflight = door.upper().startswith("OPTIONS ")
    shown = "without authorization" if is_open else f"with {lock.split(' ')[0]} authorization"
    grants.facts.append(
        Fact(
            subject=subject,
            grant="API method",
            what=f"{door} {lock}",
            title=f"{subject} newly answers {door} {shown}",
            request=Request("execute-api:Invoke", f"{subject.removeprefix('API ')}/*/{door}", _caller(lock)),
            path=path,
            severity=Severity.LOW if preflight or not is_open else Severity.HIGH,
            classes=(FindingClass.PUBLIC,) if is_open else (),
            guards=guards,
            replaces=door,
        )
    )


def _caller(lock: str) -> Principal | None:
    return Principal("*", "*") if lock in ("NONE", "an API key") else None


def _api(side: Side, grants: Grants, api: Resource) -> None:
    subject, guards, at = f"API ${{{side.label(api.logical_id)}}}", side.guards(api), (*api.path, "Properties")
    grants.subjects.add(subject)
    if api.properties.get("Target") is not None:
        _door(grants, subject, _text(api.properties.get("RouteKey", "$default")), "NONE", at, guards)
    for body, when, path in options(api.properties.get("Body"), guards, (*at, "Body")):
        if isinstance(body, dict):
            _described(grants, subject, cast("dict[str, Any]", body), when, path)
    if api.properties.get("BodyS3Location") is not None:
        grants.opaque[f"{subject} BodyS3Location"] = canonical(api.properties["BodyS3Location"]), at
    configuration: Any = api.properties.get("EndpointConfiguration", {})
    kinds = cast("dict[str, Any]", configuration).get("Types", ["EDGE"]) if isinstance(configuration, dict) else ["?"]
    for kind, when, path in options(kinds, guards, (*at, "EndpointConfiguration", "Types")):
        if kind != "PRIVATE":
            title = f"{subject} is newly reachable from the internet (endpoint {kind})"
            request = Request("execute-api:Invoke", subject.removeprefix("API "), context={"from": "the internet"})
            grants.facts.append(Fact(subject, "API endpoint", "internet", title, request, path, guards=when))


def _described(grants: Grants, subject: str, body: Mapping[str, Any], guards: Guards, at: Path) -> None:
    """The doors of an OpenAPI description."""
    for path, entry in _mapping(body.get("paths")).items():
        for verb, operation in _mapping(entry).items():
            if verb.lower() not in _VERBS:
                continue
            security = _mapping(operation).get("security", body.get("security"))
            lock = _described_lock(body, security)
            name = "ANY" if verb.startswith("x-") else verb.upper()
            _door(grants, subject, f"{name} {path}", lock, (*at, "paths", path, verb), guards)


def _described_lock(body: Mapping[str, Any], security: Any) -> str:
    listed = cast("list[Any]", security) if isinstance(security, list) else []
    names = sorted(name for item in listed for name in _mapping(item))
    if not names:
        return "NONE"
    schemes = {
        **_mapping(body.get("securityDefinitions")),
        **_mapping(_mapping(body.get("components")).get("securitySchemes")),
    }
    kinds = [str(_mapping(schemes.get(name)).get("x-amazon-apigateway-authtype", name)) for name in names]
    if kinds == ["awsSigv4"]:
        return "AWS_IAM"
    keyed = [_mapping(schemes.get(name)).get("type") == "apiKey" for name in names]
    plain = ["x-amazon-apigateway-authorizer" not in _mapping(schemes.get(name)) for name in names]
    if all(keyed) and all(plain) and kinds == names:
        return "an API key"
    return f"{kinds[0]} {canonical([[schemes.get(name) for name in names], security])}"


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _graphql(side: Side, grants: Grants, api: Resource) -> None:
    subject, at = f"API ${{{side.label(api.logical_id)}}}", (*api.path, "Properties")
    grants.subjects.add(subject)
    settings = ("AuthenticationType", "UserPoolConfig", "OpenIDConnectConfig", "LambdaAuthorizerConfig")
    providers: list[Any] = [{name: api.properties.get(name) for name in settings}]
    more: Any = api.properties.get("AdditionalAuthenticationProviders", [])
    providers += cast("list[Any]", more) if isinstance(more, list) else [more]
    for provider, guards, _ in options(providers, side.guards(api), at):
        found = {name: item for name, item in _mapping(provider).items() if item is not None}
        kind = _text(found.get("AuthenticationType"))
        title = f"{subject} newly answers callers with {kind} authentication"
        is_key = kind == "API_KEY"
        request = Request("appsync:GraphQL", subject.removeprefix("API "), Principal("*", "*") if is_key else None)
        classes = (FindingClass.PUBLIC,) if is_key else ()
        severity = Severity.HIGH if is_key else Severity.MEDIUM
        grants.facts.append(
            Fact(subject, "API authentication", canonical(found), title, request, at, severity, classes, guards)
        )
