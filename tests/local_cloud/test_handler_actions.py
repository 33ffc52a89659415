"""The actions of resource handlers are those that the resource provider schemas list.

`derive()` makes `handler_actions.json` anew; write it down when the schemas have moved on.
"""

from __future__ import annotations

import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from local_cloud.stack_role import rules

SCHEMAS = Path(str(cfnlint.__file__)).parent / "data" / "schemas"
FILE = Path(rules.__file__).parent / "handler_actions.json"
VERBS = {
    "create": ("Create", "Put", "Publish", "Add", "Register", "Set", "Subscribe", "Allocate", "Run", "Associate",
               "Attach", "Request", "Import", "Enable", "Start", "POST", "PUT", "PATCH"),
    "update": ("Update", "Put", "Set", "Modify", "Change", "Create", "PATCH", "PUT"),
    "delete": ("Delete", "Remove", "Deregister", "Release", "Terminate", "Schedule", "Unsubscribe", "Disassociate",
               "Detach", "Revoke", "DELETE"),
}  # fmt: skip
# Where the service's name in actions is not the middle of the type's name.
SERVICES = {"StepFunctions": "states", "ApiGatewayV2": "apigateway", "CertificateManager": "acm",
            "Cognito": "cognito-idp", "ElasticLoadBalancingV2": "elasticloadbalancing", "OpenSearchService": "es",
            "EFS": "elasticfilesystem", "KinesisFirehose": "firehose"}  # fmt: skip


@cache
def schemas() -> dict[str, dict[str, Any]]:
    found = [json.loads(path.read_text()) for path in sorted((SCHEMAS / "resources").glob("*.json"))]
    return {schema["typeName"]: schema for schema in found}


def permissions(kind: str) -> dict[str, list[str]]:
    handlers: dict[str, Any] = schemas()[kind].get("handlers", {})
    return {name: list(found.get("permissions", [])) for name, found in handlers.items()}


def known_types() -> set[str]:
    return set(importlib.import_module("ministack.services.cloudformation.provisioners").__dict__["_RESOURCE_HANDLERS"])


def derive() -> dict[str, Any]:
    known, dated = known_types(), json.loads((SCHEMAS / "version.json").read_text())["schema_date"][:10]
    found: dict[str, Any] = {}
    for kind in schemas().keys() & known - rules.RULES.keys():
        listed = permissions(kind)
        own = {operation: first(kind, operation, listed.get(operation, [])) for operation in VERBS}
        found[kind] = {operation: [action] for operation, action in own.items() if action}
    source = f"The CloudFormation resource provider schemas of {dated}: the first action of each handler that changes"
    return {"source": source, "types": dict(sorted(found.items()))}


def first(kind: str, operation: str, listed: list[str]) -> str | None:
    service = SERVICES.get(kind.split("::")[1], kind.split("::")[1].lower())
    for action in listed:
        if action.startswith(f"{service}:") and action.split(":")[1].startswith(VERBS[operation]):
            return action
    return None


def written(document: dict[str, Any]) -> str:
    rows = [f"{json.dumps(kind)}:{json.dumps(actions)}" for kind, actions in document["types"].items()]
    return '{"source":' + json.dumps(document["source"]) + ',\n"types":{\n' + ",\n".join(rows) + "\n}}\n"


def test_the_file_is_what_the_schemas_say() -> None:
    assert FILE.read_text() == written(derive())


@pytest.mark.parametrize("kind", sorted(rules.RULES))
def test_every_rule_is_among_the_permissions_of_its_handler(kind: str) -> None:
    listed = permissions(kind)
    for rule in rules.RULES[kind]:
        assert rule.action in listed.get(rule.operation, []), f"{kind} {rule.operation}"


@pytest.mark.parametrize("kind", sorted(rules.RULES))
def test_every_rule_names_properties_of_its_type(kind: str) -> None:
    named = {name for rule in rules.RULES[kind] for name in rule.properties}
    assert named <= set(schemas()[kind]["properties"])
