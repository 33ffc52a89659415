"""Who may call an API: the lock on every method and route, the resource policy, and where it is reachable.

What passes at one door is in `doors`, what stands behind a lock in `authorizers`. An API without a resource policy
lets through whom its doors let through; doors that ask IAM then know the account's own principals only.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.authorizers import Authorizer, connected, described_ways, resource_ways
from towpath.privilege.gathering.doors import CONNECTED, IAM, OPEN, Door, door_at
from towpath.privilege.gathering.grant import Document, Fact, Grants, Guards, entries, options
from towpath.privilege.gathering.naming import in_words
from towpath.privilege.gathering.side import Side
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.traversal import mapping
from towpath.template.value import canonical

_VERBS: Final = frozenset(
    {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}
)
_AUTHORIZERS: Final = ("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer")
_REST: Final = "AWS::ApiGateway::RestApi"
_POLICY: Final = "x-amazon-apigateway-policy"
_DECIDING: Final = {
    "UserPoolConfig": ("UserPoolId", "AppIdClientRegex", "DefaultAction"),
    "OpenIDConnectConfig": ("Issuer", "ClientId"),
    "LambdaAuthorizerConfig": ("AuthorizerUri", "IdentityValidationExpression"),
}


def gather(side: Side, grants: Grants) -> None:
    """Adds the doors of REST APIs, HTTP and WebSocket APIs and GraphQL APIs."""
    known = {f"${{{side.label(item.logical_id)}}}": Authorizer.of_resource(item) for item in side.of(*_AUTHORIZERS)}
    sockets = {
        f"${{{side.label(item.logical_id)}}}"
        for item in side.of("AWS::ApiGatewayV2::Api")
        if item.properties.get("ProtocolType") == "WEBSOCKET"
    }
    for method in side.of("AWS::ApiGateway::Method"):
        _method(side, grants, method, known)
    for route in side.of("AWS::ApiGatewayV2::Route"):
        _route(side, grants, route, known, sockets)
    for api in side.of(_REST, "AWS::ApiGatewayV2::Api"):
        _api(side, grants, api)
    for api in side.of("AWS::AppSync::GraphQLApi"):
        _graphql(side, grants, api)


def _method(side: Side, grants: Grants, method: Resource, known: Mapping[str, Authorizer]) -> None:
    subject = f"API {in_words(method.properties.get('RestApiId'))}"
    where = in_words(side.path_of(method.properties.get("ResourceId"))) or "/"
    verb = in_words(method.properties.get("HttpMethod"))
    for way, guards in resource_ways(method.properties, known, side.guards(method)):
        _door(grants, subject, replace(way, verb=verb, path=where), method.path, guards)


def _route(
    side: Side, grants: Grants, route: Resource, known: Mapping[str, Authorizer], sockets: Iterable[str]
) -> None:
    api = in_words(route.properties.get("ApiId"))
    verb, where = door_at(in_words(route.properties.get("RouteKey")))
    for way, guards in resource_ways(route.properties, known, side.guards(route)):
        is_later = api in sockets and where != "$connect"
        _door(
            grants, f"API {api}", replace(connected() if is_later else way, verb=verb, path=where), route.path, guards
        )


def _door(grants: Grants, subject: str, door: Door, path: Path, guards: Guards) -> None:
    preflight = door.verb.upper() == "OPTIONS"
    shown = "without authorization" if door.is_public else f"with {door.lock} authorization"
    context = {} if door.kind == OPEN else {"authorized by": door.lock}
    grants.facts.append(
        Fact(
            subject=subject,
            grant="API method",
            what=f"{door.name} {door.lock}",
            title=f"{subject} newly answers {door.name} {shown}",
            request=Request(
                "execute-api:Invoke", f"{subject.removeprefix('API ')}/*/{door.name}", _caller(door), context
            ),
            path=path,
            severity=Severity.LOW if preflight or not door.is_public else Severity.HIGH,
            classes=(FindingClass.PUBLIC,) if door.is_public else (),
            guards=guards,
            rule=door,
            replaces=door.name,
        )
    )


def _caller(door: Door) -> Principal | None:
    return Principal("*", "*") if door.kind in (OPEN, CONNECTED) else None


def _api(side: Side, grants: Grants, api: Resource) -> None:
    subject, guards, at = f"API ${{{side.label(api.logical_id)}}}", side.guards(api), (*api.path, "Properties")
    grants.subjects.add(subject)
    if api.properties.get("Target") is not None:
        verb, where = door_at(in_words(api.properties.get("RouteKey", "$default")))
        _door(grants, subject, Door(verb, where, OPEN), at, guards)
    has_policy = api.properties.get("Policy") is not None
    for body, when, path in entries(api.properties.get("Body"), guards, (*at, "Body")):
        _described(grants, subject, body, when, path)
        if body.get(_POLICY) is not None:
            has_policy = True
            grants.documents.append(Document(subject, Kind.RESOURCE, body[_POLICY], (*path, _POLICY), when))
    if api.properties.get("BodyS3Location") is not None:
        grants.opaque[f"{subject} BodyS3Location"] = canonical(api.properties["BodyS3Location"]), at
    configuration = mapping(api.properties.get("EndpointConfiguration"))
    kinds = list(options(configuration.get("Types", ["EDGE"]), guards, (*at, "EndpointConfiguration", "Types")))
    for kind, when, path in kinds:
        if kind != "PRIVATE":
            title = f"{subject} is newly reachable from the internet (endpoint {kind})"
            request = Request("execute-api:Invoke", subject.removeprefix("API "), context={"from": "the internet"})
            grants.facts.append(Fact(subject, "API endpoint", "internet", title, request, path, guards=when))
    if api.type == _REST and not has_policy and any(kind != "PRIVATE" for kind, _, _ in kinds):
        _without_policy(side, grants, subject, at, guards)


def _without_policy(side: Side, grants: Grants, subject: str, at: Path, guards: Guards) -> None:
    asks_iam = any(
        fact.subject == subject and isinstance(fact.rule, Door) and fact.rule.kind == IAM for fact in grants.facts
    )
    caller: Any = {"AWS": side.account_root()} if asks_iam else "*"
    statement = {"Effect": "Allow", "Principal": caller, "Action": "execute-api:Invoke", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    grants.documents.append(Document(subject, Kind.RESOURCE, document, at, guards, by_default=True))


def _described(grants: Grants, subject: str, body: Mapping[str, Any], guards: Guards, at: Path) -> None:
    """The doors of an OpenAPI description."""
    for where, entry in mapping(body.get("paths")).items():
        for operations, when, place in entries(entry, guards, (*at, "paths", where)):
            for verb, written in operations.items():
                if verb.lower() not in _VERBS:
                    continue
                name = "ANY" if verb.startswith("x-") else verb.upper()
                for operation, also, path in entries(written, when, (*place, verb)):
                    for way, then in described_ways(body, operation, also):
                        _door(grants, subject, replace(way, verb=name, path=where), path, then)


def _graphql(side: Side, grants: Grants, api: Resource) -> None:
    subject, at = f"API ${{{side.label(api.logical_id)}}}", (*api.path, "Properties")
    grants.subjects.add(subject)
    providers: list[Any] = [{name: api.properties.get(name) for name in ("AuthenticationType", *_DECIDING)}]
    more: Any = api.properties.get("AdditionalAuthenticationProviders", [])
    providers += cast("list[Any]", more) if isinstance(more, list) else [more]
    for provider, guards, _ in entries(providers, side.guards(api), at):
        found = _deciding(provider)
        kind = in_words(provider.get("AuthenticationType"))
        title = f"{subject} newly answers callers with {kind} authentication"
        is_key = kind == "API_KEY"
        request = Request("appsync:GraphQL", subject.removeprefix("API "), Principal("*", "*") if is_key else None)
        classes = (FindingClass.PUBLIC,) if is_key else ()
        severity = Severity.HIGH if is_key else Severity.MEDIUM
        grants.facts.append(
            Fact(subject, "API authentication", canonical(found), title, request, at, severity, classes, guards)
        )


def _deciding(provider: Mapping[str, Any]) -> dict[str, Any]:
    """What tells one authentication from another: whose word counts, not how long it is remembered."""
    found: dict[str, Any] = {"AuthenticationType": provider.get("AuthenticationType")}
    for name, parts in _DECIDING.items():
        settings = mapping(provider.get(name))
        found[name] = {part: settings[part] for part in parts if part in settings}
    return {name: item for name, item in found.items() if item != {}}
