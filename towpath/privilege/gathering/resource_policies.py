"""Policies that stand at resources: every property of every CloudFormation type that holds one.

Which properties those are is in `data/policy_properties.json`, derived from the resource schemas. Types that are not
listed there are looked through for what reads like a policy. Policies in other languages are compared as they stand.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, cast

from towpath.privilege.data_files import data_file
from towpath.privilege.gathering.functions import function_subject, principal_of
from towpath.privilege.gathering.grant import Document, Grants, Guards, options
from towpath.privilege.gathering.managed_policies import merged
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import named, subject_of
from towpath.privilege.statement import Kind
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.value import canonical

_NOUNS: Final = {
    "Bucket": "bucket",
    "Topics": "topic",
    "TopicArn": "topic",
    "Queues": "queue",
    "Queue": "queue",
    "SecretId": "secret",
}
_EVERYTHING: Final = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
_IDENTITY_TYPES: Final = frozenset({"AWS::IoT::Policy"})
_BUS_POLICY: Final = "AWS::Events::EventBusPolicy"
_ELSEWHERE: Final = ("AWS::IAM::", "AWS::SSO::", "AWS::Serverless::", "AWS::Organizations::Policy")


@cache
def _list() -> Mapping[str, Any]:
    return cast("dict[str, Any]", json.loads(data_file("policy_properties.json")))


@cache
def _by_type() -> Mapping[str, Mapping[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for pointer, about in cast("dict[str, list[str]]", _list()["resource_policies"]).items():
        type_name, _, path = pointer.partition("/")
        found.setdefault(type_name, {})[path] = about
    return found


@cache
def _other_languages() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pointer in cast("list[str]", _list()["other_languages"]):
        type_name, _, path = pointer.partition("/")
        found.setdefault(type_name, []).append(path)
    return found


def gather(side: Side, grants: Grants) -> None:
    """Adds every resource policy, every event-bus permission, and what a policy's absence means."""
    for resource in side.resources():
        if resource.type.startswith(_ELSEWHERE):
            continue
        listed = _by_type().get(resource.type)
        if listed is None and resource.type != _BUS_POLICY:
            _unlisted(side, grants, resource)
        for pointer, about in (listed or {}).items():
            for value, guards, path in values_at(resource, pointer, side.guards(resource)):
                for subject, when in _subjects(side, resource, about, guards):
                    _add(grants, resource, subject, value, path, when)
        for pointer in _other_languages().get(resource.type, ()):
            for value, _, path in values_at(resource, pointer, ()):
                grants.opaque[f"{subject_of(side, resource)} {pointer}"] = canonical(value), path
        _when_absent(side, grants, resource)
    for permission in side.of(_BUS_POLICY):
        _bus_permission(side, grants, permission)


def _add(grants: Grants, resource: Resource, subject: str, value: Any, path: Path, guards: Guards) -> None:
    kind = Kind.IDENTITY if resource.type in _IDENTITY_TYPES else Kind.RESOURCE
    if not resource.type.endswith("Policy"):
        grants.subjects.add(subject)
    grants.documents.append(Document(subject, kind, value, path, guards))


def values_at(resource: Resource, pointer: str, guards: Guards) -> Iterator[tuple[Any, Guards, Path]]:
    """The values at a pointer into the properties, with the conditions for each."""
    found: list[tuple[Any, Guards, Path]] = [(dict(resource.properties), guards, (*resource.path, "Properties"))]
    for part in pointer.split("/"):
        step: list[tuple[Any, Guards, Path]] = []
        for value, when, path in found:
            for item, also, place in options(value, when, path):
                if part == "*":
                    step.append((item, also, place))
                elif isinstance(item, dict) and part in item:
                    step.append((cast("dict[str, Any]", item)[part], also, (*place, part)))
        found = step
    yield from found


def _subjects(side: Side, resource: Resource, about: list[str], guards: Guards) -> Iterator[tuple[str, Guards]]:
    if not about or about == ["PolicyName"]:
        own = subject_of(side, resource)
        yield (
            (resource.type.removeprefix("AWS::") if about or resource.type.endswith("RegistryPolicy") else own),
            guards,
        )
        return
    if resource.type == "AWS::Lambda::ResourcePolicy":
        yield function_subject(side.function(resource.properties.get("ResourceArn"))), guards
        return
    if len(about) > 1:
        names = " ".join(canonical(resource.properties.get(name)) for name in about)
        yield f"{resource.type.removeprefix('AWS::')} of {names}", guards
        return
    noun = _NOUNS.get(about[0], resource.type.removeprefix("AWS::").removesuffix("Policy"))
    targets = list(options(resource.properties.get(about[0])))
    for target, when, _ in targets:
        yield named(noun, target), merged(guards, when)
    if not targets:  # what the policy is about is said in another way
        yield subject_of(side, resource), guards


def _when_absent(side: Side, grants: Grants, resource: Resource) -> None:
    """A key without a policy trusts its account, a VPC endpoint without one lets everything through."""
    properties = resource.properties
    root = side.account_root()
    if resource.type == "AWS::KMS::Key":
        name, statement = "KeyPolicy", {**_EVERYTHING, "Principal": {"AWS": root}, "Action": "kms:*"}
    elif resource.type == "AWS::EC2::VPCEndpoint":
        name, statement = "PolicyDocument", _EVERYTHING
    else:
        return
    subject, document = subject_of(side, resource), {"Version": "2012-10-17", "Statement": [statement]}
    at, guards = (*resource.path, "Properties"), side.guards(resource)
    grants.unwritten[subject] = Document(subject, Kind.RESOURCE, document, at, guards)
    if name not in properties:
        _add(grants, resource, subject, document, at, guards)


def _unlisted(side: Side, grants: Grants, resource: Resource) -> None:
    for value, path in _policies_in(dict(resource.properties), (*resource.path, "Properties")):
        _add(grants, resource, subject_of(side, resource), value, path, side.guards(resource))


def _policies_in(value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    """What reads like a policy: an object with statements that have an effect and a principal."""
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        statements: Any = found.get("Statement")
        listed = cast("list[Any]", statements) if isinstance(statements, list) else [statements]
        if any(
            isinstance(item, dict) and {"Effect", "Principal"} <= set(cast("dict[str, Any]", item)) for item in listed
        ):
            yield found, path
            return
        for key, item in found.items():
            yield from _policies_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _policies_in(item, (*path, index))


def _bus_permission(side: Side, grants: Grants, permission: Resource) -> None:
    properties, path = permission.properties, (*permission.path, "Properties")
    subject = named("event bus", properties.get("EventBusName", "default"))
    statement: Any = properties.get("Statement")
    if statement is None:
        condition = properties.get("Condition")
        limits: dict[str, Any] = {}
        if isinstance(condition, dict):
            parts = cast("dict[str, Any]", condition)
            limits = {str(parts.get("Type")): {str(parts.get("Key")): parts.get("Value")}}
        statement = {
            "Effect": "Allow",
            "Principal": principal_of(properties.get("Principal")),
            "Action": properties.get("Action"),
            "Condition": limits,
        }
    document = {"Version": "2012-10-17", "Statement": statement}
    grants.documents.append(Document(subject, Kind.RESOURCE, document, path, side.guards(permission)))
