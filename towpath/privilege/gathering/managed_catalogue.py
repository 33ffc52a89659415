"""What AWS's own managed policies said on the catalogue's day.

AWS changes them without a deployment, so every statement says which version it is of. Both sides of a comparison are
read with the same content: a policy that stays attached cancels out, whatever it says today.
"""

import json
import lzma
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

from towpath.privilege.data_files import data_file
from towpath.privilege.gathering.grant import NamedPolicy
from towpath.privilege.parse import parse_policy
from towpath.privilege.statement import Kind, Place, Policy, Statement
from towpath.template.loading import Template


@cache
def _catalogue() -> Mapping[str, Any]:
    return cast("dict[str, Any]", json.loads(lzma.decompress(data_file("aws_managed_policies.json.xz"))))


def catalogued_policies() -> Mapping[str, str]:
    """The text of every policy in the catalogue, by the name that follows `policy/` in its ARN."""
    return {name: text for name, (_, text) in cast("dict[str, list[str]]", _catalogue()["policies"]).items()}


@cache
def _statements(name: str) -> tuple[Statement, ...] | None:
    found = cast("dict[str, list[str]]", _catalogue()["policies"]).get(name)
    if found is None:
        return None
    version, text = found
    read = parse_policy(json.loads(text), kind=Kind.IDENTITY, name=name)
    origin = f"{name} {version} as of {_catalogue()['day']}"
    return tuple(replace(item, sid=f"{origin}, {'#'}{item.index + 1}") for item in read.statements)


def managed_policy(item: NamedPolicy, template: Template) -> Policy | None:
    """The content of one of AWS's managed policies, at the place where it is attached; None if it is not known."""
    if item.name.startswith("arn:"):
        return None
    statements = _statements(item.name)
    if statements is None:
        return None
    place = Place(template.name, item.path, template.position(item.path))
    return Policy(item.name, tuple(replace(one, place=place) for one in statements))
