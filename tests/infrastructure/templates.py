"""Synthesised templates with the questions that tests ask of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Template:
    """A synthesised template with the questions that tests ask of it."""

    path: Path
    document: Mapping[str, Any]

    def of_type(self, resource_type: str) -> dict[str, Any]:
        """Logical id to resource, for every resource of a type. Raises AssertionError when there is none."""
        found = {name: item for name, item in self.document["Resources"].items() if item["Type"] == resource_type}
        assert found, f"no {resource_type}"
        return found

    def properties(self, resource_type: str, **wanted: Any) -> dict[str, Any]:
        """The properties of the one resource of a type that has these values."""
        [found] = [
            item["Properties"]
            for item in self.of_type(resource_type).values()
            if all(item["Properties"].get(name) == value for name, value in wanted.items())
        ]
        return found

    def role(self, name: str) -> dict[str, Any]:
        return self.properties("AWS::IAM::Role", RoleName=name)

    def statements_of(self, name: str) -> list[dict[str, Any]]:
        """Every statement of a role's own policies."""
        [logical_id] = [
            key for key, item in self.of_type("AWS::IAM::Role").items() if item["Properties"].get("RoleName") == name
        ]
        policies = [
            item["Properties"]["PolicyDocument"]
            for item in self.of_type("AWS::IAM::Policy").values()
            if {"Ref": logical_id} in item["Properties"]["Roles"]
        ]
        return [statement for policy in policies for statement in policy["Statement"]]


@dataclass(frozen=True)
class Assembly:
    """A cloud assembly on disk."""

    folder: Path

    def template(self, stack: str) -> Template:
        path = self.folder / f"{stack}.template.json"
        return Template(path, json.loads(path.read_text("utf-8")))

    def templates(self) -> Iterator[Template]:
        for path in sorted(self.folder.glob("*.template.json")):
            yield Template(path, json.loads(path.read_text("utf-8")))


def flat(value: Any) -> str:
    """A value of a template as one text, references in angle brackets."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(flat(part) for part in argument[1])
    return f"<{argument if isinstance(argument, str) else '.'.join(argument)}>"


def listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def actions_of(statement: Mapping[str, Any]) -> list[str]:
    return listed(statement["Action"])


def resources_of(statement: Mapping[str, Any]) -> list[str]:
    return [flat(item) for item in listed(statement["Resource"])]
