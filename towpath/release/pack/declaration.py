"""What a team declares about its service beside the template: `release.toml`, and what the command line says over it.

The shape is a published schema (../schema/declaration.schema.json); every mistake names its key.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from towpath.release.pack.rollout.wish import DEFAULT_STRATEGY, RolloutWish
from towpath.release.schema_check import check_against
from towpath.template.parameters import parameter_text
from towpath.verdict import Reason, Verdict

FILE_NAME: Final = "release.toml"
SCHEMA: Final = Path(__file__).parent.parent / "schema" / "declaration.schema.json"


@dataclass(frozen=True, slots=True)
class ContractWish:
    """A contract to carry: its file and kind."""

    path: Path
    kind: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """A release as its team declares it. `folder` is where relative paths in it start."""

    service: str = ""
    version: str = ""
    stack: str = ""
    folder: Path = field(default_factory=Path)
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    rollout: tuple[RolloutWish, ...] = ()
    probes: tuple[Mapping[str, Any], ...] = ()
    contracts: tuple[ContractWish, ...] = ()
    exclude: tuple[str, ...] = ()

    def over(self, other: "Declaration") -> "Declaration":
        """This declaration where it says something, the other where it does not; parameters and tags are merged."""
        environments = dict.fromkeys([*other.parameters, *self.parameters])
        merged = {name: {**other.parameters.get(name, {}), **self.parameters.get(name, {})} for name in environments}
        wishes = {wish.function: wish for wish in (*other.rollout, *self.rollout)}
        return replace(
            other,
            service=self.service or other.service,
            version=self.version or other.version,
            stack=self.stack or other.stack,
            parameters=merged,
            tags={**other.tags, **self.tags},
            rollout=tuple(wishes.values()),
            probes=self.probes or other.probes,
            contracts=self.contracts or other.contracts,
            exclude=(*other.exclude, *self.exclude),
        )


def read_declaration(path: Path, section: str | None = None) -> Declaration | Verdict:
    """The declaration in a TOML or JSON file, or a refusal with a reason for every mistake.

    With `section` the file may hold that part of a declaration alone, without its heading.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror}")
    except (ValueError, RecursionError) as error:  # TOML, JSON and UTF-8 errors alike
        return _unreadable(path, f"is not readable: {error}")
    if section is not None and section not in document:
        document = {section: document}
    wrong = check_against(SCHEMA, document, path.name, "declaration-invalid")
    return Verdict.refused(*wrong) if wrong else _declaration(cast("dict[str, Any]", document), path.parent)


def _unreadable(path: Path, said: str) -> Verdict:
    return Verdict.refused(Reason("declaration-unreadable", f"{path.name} {said}.", str(path), "Correct the file."))


def _declaration(document: Mapping[str, Any], folder: Path) -> Declaration:
    given: Mapping[str, Mapping[str, Any]] = document.get("parameters", {})
    wishes: Mapping[str, Mapping[str, Any]] = document.get("rollout", {})
    return Declaration(
        service=document.get("service", ""),
        version=document.get("version", ""),
        stack=document.get("stack", ""),
        folder=folder,
        parameters={
            environment: {name: parameter_text(value) or "" for name, value in values.items()}
            for environment, values in given.items()
        },
        tags=document.get("tags", {}),
        rollout=tuple(_wish(function, entry) for function, entry in wishes.items()),
        probes=tuple(document.get("probes", ())),
        contracts=tuple(ContractWish(folder / entry["path"], entry["kind"]) for entry in document.get("contracts", ())),
        exclude=tuple(document.get("exclude", ())),
    )


def _wish(function: str, entry: Mapping[str, Any]) -> RolloutWish:
    return RolloutWish(
        function=function,
        strategy=entry.get("strategy", DEFAULT_STRATEGY),
        alarms=tuple(entry.get("alarms", ())),
        keep=tuple(entry.get("keep", ())),
    )
