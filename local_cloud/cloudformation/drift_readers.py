"""What drift detection reads of a resource: its present properties, in the template's shape.

Only what a template sets explicitly is compared. A reader gives `None` for a resource that is gone.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html and
.../resource-import-supported-resources.html (which types support drift detection).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from local_cloud.service_role import ministack

Reader: TypeAlias = Callable[[str, Mapping[str, Any]], dict[str, Any] | None]
_MAPPING = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "ParallelizationFactor",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "FunctionResponseTypes",
    "FilterCriteria",
    "DestinationConfig",
    "ScalingConfig",
    "StartingPosition",
    "EventSourceArn",
)


def _event_source_mapping(physical_id: str, props: Mapping[str, Any]) -> dict[str, Any] | None:
    mapping: Mapping[str, Any] | None = ministack("services.lambda_svc")._esms.get(physical_id)
    if mapping is None:
        return None
    enabled = mapping.get("Enabled", mapping.get("State") not in ("Disabled", "Disabling"))
    function = _as_written(str(props.get("FunctionName", "")), str(mapping["FunctionArn"]))
    return {name: mapping[name] for name in _MAPPING if name in mapping} | {
        "Enabled": enabled,
        "FunctionName": function,
    }


def _as_written(expected: str, arn: str) -> str:
    """A function may be named by name, name and qualifier, or ARN; the same function is no difference."""
    same = arn == expected or arn.split(":function:")[-1] == expected.split(":function:")[-1]
    return expected if same else arn


def _alias(physical_id: str, _props: Mapping[str, Any]) -> dict[str, Any] | None:
    _, _, qualified = physical_id.partition(":function:")
    name, _, alias_name = qualified.partition(":")
    functions = ministack("services.lambda_svc")._functions
    alias: Mapping[str, Any] | None = functions[name]["aliases"].get(alias_name) if name in functions else None
    if alias is None:
        return None
    routing: Mapping[str, Mapping[str, float]] = alias.get("RoutingConfig") or {}
    weights = routing.get("AdditionalVersionWeights", {})
    listed = [{"FunctionVersion": version, "FunctionWeight": weight} for version, weight in weights.items()]
    return {
        "Name": alias["Name"],
        "FunctionVersion": alias["FunctionVersion"],
        "Description": alias.get("Description", ""),
        "RoutingConfig": {"AdditionalVersionWeights": listed},
    }


def _version(physical_id: str, _props: Mapping[str, Any]) -> dict[str, Any] | None:
    name, _, number = physical_id.partition(":function:")[2].partition(":")
    functions = ministack("services.lambda_svc")._functions
    return {} if name in functions and number in functions[name]["versions"] else None


def _role(stock: Reader) -> Reader:
    def read(physical_id: str, props: Mapping[str, Any]) -> dict[str, Any] | None:
        found = stock(physical_id, props)
        if found is None:
            return None
        role = ministack("services.iam")._roles[physical_id]
        foreign = _policies_of_other_resources(physical_id)
        inline: dict[str, Any] = {name: text for name, text in role["InlinePolicies"].items() if name not in foreign}
        return found | {
            "Policies": _in_order(props.get("Policies") or [], inline),
            "ManagedPolicyArns": list(role["AttachedPolicies"]),
        }

    return read


def _in_order(written: list[Mapping[str, Any]], inline: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = [one["PolicyName"] for one in written if one["PolicyName"] in inline]
    names += [name for name in inline if name not in names]
    return [{"PolicyName": name, "PolicyDocument": _document(inline[name])} for name in names]


def _policies_of_other_resources(role: str) -> set[str]:
    """Inline policies that `AWS::IAM::Policy` resources put on the role: they are no drift of the role."""
    stacks: list[Mapping[str, Any]] = ministack("services.cloudformation")._stacks.values()
    resources = [one for stack in stacks for one in stack["_resources"].values()]
    policies = [one["Properties"] for one in resources if one["ResourceType"] == "AWS::IAM::Policy"]
    return {one["PolicyName"] for one in policies if role in (one.get("Roles") or [])}


def _inline_policy(physical_id: str, props: Mapping[str, Any]) -> dict[str, Any] | None:
    """One resource, embedded in several entities: gone when none has it, changed when one has another document."""
    iam = ministack("services.iam")
    name = props.get("PolicyName") or physical_id
    read: dict[str, Any] = {"PolicyName": name}
    documents: list[Any] = []
    for kind, store in (("Roles", iam._roles), ("Users", iam._users), ("Groups", iam._groups)):
        entities: list[str] = props.get(kind) or []
        policies: dict[str, Mapping[str, Any]] = {one: store[one]["InlinePolicies"] for one in entities if one in store}
        read[kind] = [one for one, inline in policies.items() if name in inline]
        documents += [_document(policies[one][name]) for one in read[kind]]
    if not documents:
        return None
    changed = [document for document in documents if document != props.get("PolicyDocument")]
    return read | {"PolicyDocument": (changed or documents)[0]}


def _document(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) else text


def _secret(stock: Reader) -> Reader:
    """The physical id of a secret is its ARN; the emulator keeps it by name."""

    def read(physical_id: str, props: Mapping[str, Any]) -> dict[str, Any] | None:
        secrets: Mapping[str, Mapping[str, Any]] = ministack("services.secretsmanager")._secrets
        names = [name for name, one in cast(Any, secrets).items() if one.get("ARN") == physical_id]
        return stock(names[0] if names else physical_id, props)

    return read


def register() -> None:
    readers = ministack("services.cloudformation.drift")._DRIFT_READERS
    role, role_properties = readers["AWS::IAM::Role"]
    secret, secret_properties = readers["AWS::SecretsManager::Secret"]
    readers |= {
        "AWS::Lambda::EventSourceMapping": (_event_source_mapping, frozenset({*_MAPPING, "Enabled", "FunctionName"})),
        "AWS::Lambda::Alias": (_alias, frozenset({"Name", "FunctionVersion", "Description", "RoutingConfig"})),
        "AWS::Lambda::Version": (_version, frozenset[str]()),
        "AWS::IAM::Role": (_role(role), role_properties | {"Policies", "ManagedPolicyArns"}),
        "AWS::IAM::Policy": (_inline_policy, frozenset({"PolicyName", "PolicyDocument", "Roles", "Users", "Groups"})),
        "AWS::SecretsManager::Secret": (_secret(secret), secret_properties),
    }
