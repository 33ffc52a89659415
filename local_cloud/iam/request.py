"""The parameters of a request, whichever protocol carries them: form-encoded or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Request:
    """`action` is IAM's name for the operation (`events:PutTargets`)."""

    action: str
    parameters: Mapping[str, Any]
    region: str
    account: str

    def text(self, name: str) -> str:
        """A parameter that is a string; empty when it is absent or something else."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """A parameter that is a list of strings; form-encoded ones are spelled `Name.member.1`."""
        value = self.parameters.get(name)
        if isinstance(value, list):
            return [item for item in cast(list[Any], value) if isinstance(item, str)]
        numbered = {key: each for key, each in self.parameters.items() if key.startswith(f"{name}.member.")}
        return [each for _, each in sorted(numbered.items()) if isinstance(each, str)]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def parameters(body: bytes, query: Mapping[str, Any]) -> dict[str, Any]:
    """Form-encoded parameters arrive in `query` (the router merges the body into it)."""
    found: dict[str, Any] = {
        name: value[0] if isinstance(value, list) and value else value for name, value in query.items()
    }
    return {**found, **_document(body)}


def _document(body: bytes) -> dict[str, Any]:
    try:
        document: Any = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        return {}
    return cast(dict[str, Any], document)
