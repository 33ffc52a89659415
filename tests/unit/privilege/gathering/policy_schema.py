"""Derives, from the CloudFormation resource schemas that cfn-lint carries, every property that may hold a policy.

A candidate is a property at any depth whose name ends like a policy's and whose schema leaves its content open: an
object or text without fixed properties. `python tests/unit/privilege/gathering/policy_schema.py` lists them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

_NAME = re.compile(r"(Policy|PolicyDocument|PolicyText|PolicyTemplate|AccessPolicies)$")


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """The schemas of AWS's own types by name."""
    folder = files("cfnlint").joinpath("data", "schemas", "resources")
    found = [json.loads(entry.read_text("utf-8")) for entry in folder.iterdir() if entry.name.endswith(".json")]
    return {schema["typeName"]: schema for schema in found if str(schema.get("typeName", "")).startswith("AWS::")}


def candidates() -> set[str]:
    """`Type/Property/...`, with `*` for the items of a list."""
    return {path for name, schema in schemas().items() for path in _below(name, schema, schema, ())}


def targets(type_name: str) -> list[str]:
    """The properties of a type that say what its policy is about: identifying or required, and given by the user."""
    schema = schemas()[type_name]
    given = set(_names(schema.get("primaryIdentifier", []))) | set(schema.get("required", []))
    return sorted(name for name in given - set(_names(schema.get("readOnlyProperties", []))) if not _NAME.search(name))


def _names(pointers: list[str]) -> Iterator[str]:
    for pointer in pointers:
        yield pointer.removeprefix("/properties/").split("/")[0]


def _below(path: str, node: Mapping[str, Any], root: Mapping[str, Any], seen: tuple[str, ...]) -> Iterator[str]:
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in seen or not reference.startswith("#/definitions/"):
            return
        target = root.get("definitions", {}).get(reference.removeprefix("#/definitions/"), {})
        yield from _below(path, target, root, (*seen, reference))
        return
    if isinstance(node.get("items"), dict):
        yield from _below(f"{path}/*", node["items"], root, seen)
    for name, item in cast("dict[str, Any]", node.get("properties", {})).items():
        below = list(_below(f"{path}/{name}", item, root, seen))
        if _NAME.search(name) and not below and _is_open(item, root):
            yield f"{path}/{name}"
        yield from below


def _is_open(node: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    reference = node.get("$ref")
    if isinstance(reference, str):
        return _is_open(root.get("definitions", {}).get(reference.removeprefix("#/definitions/"), {}), root)
    types: Any = node.get("type", ["object", "string"])
    listed = cast("list[str]", types if isinstance(types, list) else [types])
    return "properties" not in node and "enum" not in node and bool({"object", "string"} & set(listed))


if __name__ == "__main__":
    print("\n".join(sorted(candidates())))
