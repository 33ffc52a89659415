"""What `towpath privileges` compares: a policy, a template, a stack of a cloud assembly, or the template of a release.

A release brings the parameters that its manifest sets, for the environment asked for; an assembly and a release bring
the templates of their nested stacks.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from towpath.cli.command import BadInput, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from towpath.template.loading import Template

_NOTHING: Final = "-"
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Input:
    """One side: its document (None for nothing), parameters of its own, and nested templates by asset key."""

    document: Template | None
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    nested: Mapping[str, Template] = field(default_factory=dict[str, "Template"])

    @property
    def is_template(self) -> bool:
        return self.document is not None and "Resources" in self.document.document


def load(name: str, *, stack: str | None = None, environment: str | None = None) -> Input:
    """The side called `name` on the command line. Raises BadInput, TemplateError and OSError."""
    from towpath.template.loading import load_template

    if name == _NOTHING:
        return Input(None)
    path = Path(name)
    if path.is_dir():
        return _assembly(path, stack)
    with path.open("rb") as stream:
        start = stream.read(len(_ZIP))
        if start != _ZIP:  # read on in the same stream: a pipe, as shells make of <(git show …), opens once
            return Input(load_template(start + stream.read(), name=name))
    return _release(path, environment)


def _assembly(folder: Path, wanted: str | None) -> Input:
    from towpath.release.pack.assembly.reading import read_assembly
    from towpath.release.pack.findings import Findings
    from towpath.template.error import TemplateError
    from towpath.template.loading import load_template

    if not (folder / "manifest.json").is_file():
        raise BadInput(f"{folder} is no cloud assembly: it has no manifest.json.")
    stacks = read_assembly(folder, Findings())
    chosen = [stack for stack in stacks if wanted is None or stack.answers_to(wanted)]
    if len(chosen) != 1:
        names = ", ".join(stack.display_name for stack in stacks) or "none"
        raise BadInput(f"{folder} holds the stacks {names}; choose one with --stack.")
    nested: dict[str, Template] = {}
    for asset in chosen[0].assets:
        if not asset.is_zipped and asset.path.suffix in (".json", ".yaml", ".yml", ".template"):
            try:
                found = load_template(asset.path.read_bytes(), name=str(asset.path))
            except (TemplateError, OSError):  # an asset that is no template belongs to something else
                continue
            nested.update({key: found for key in asset.keys if "Resources" in found.document})
    template = chosen[0].template
    return Input(load_template(template.read_bytes(), name=str(template)), nested=nested)


def _release(path: Path, environment: str | None) -> Input:
    from towpath.release.manifest import EVERY_ENVIRONMENT
    from towpath.release.verification import verify_artifact

    with path.open("rb") as stream:
        found = verify_artifact(stream)
    if found.manifest is None or found.template is None:
        raise BadInput(f"{path} is no sound release: {plain(str(found.verdict.reasons[0]))}")
    own = found.manifest.parameters
    parameters = {**own.get(EVERY_ENVIRONMENT, {}), **own.get(environment or EVERY_ENVIRONMENT, {})}
    return Input(found.template, parameters, _nested(path, found.template, found.assets))


def _nested(path: Path, template: Template, digests: Iterable[str]) -> dict[str, Template]:
    """The assets that nested stacks of the template name, read from the verified release."""
    from towpath.template.error import TemplateError
    from towpath.template.loading import load_template

    found: dict[str, Template] = {}
    waiting = [template]
    with zipfile.ZipFile(path) as archive:
        members = {Path(member).name.split(".")[0]: member for member in archive.namelist()}
        while waiting:
            urls = json.dumps([_url(entry) for entry in waiting.pop().section("Resources").values()])
            for digest in digests:
                if digest in urls and digest in members and digest not in found:
                    try:
                        found[digest] = load_template(archive.read(members[digest]), name=f"{path}:{members[digest]}")
                    except TemplateError as error:
                        raise BadInput(plain(str(error))) from None
                    waiting.append(found[digest])
    return found


def _url(entry: Any) -> Any:
    parts = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
    properties: Any = parts.get("Properties")
    return cast("dict[str, Any]", properties).get("TemplateURL") if isinstance(properties, dict) else None


def read_parameters(given: Iterable[str]) -> dict[str, Any]:
    """Parameters from `NAME=VALUE`, or from JSON files: an object, or the list that the AWS command takes."""
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if equals and not Path(text).is_file():
            found[name] = value
        else:
            found.update(_from_file(Path(text)))
    return found


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise BadInput(f"{path} is neither NAME=VALUE nor a file.") from None
    except ValueError as error:
        raise BadInput(f"{path} is no JSON: {error}.") from None
    if isinstance(content, dict):
        own = cast("dict[str, Any]", content)
        return cast("dict[str, Any]", own["Parameters"]) if isinstance(own.get("Parameters"), dict) else own
    try:
        return {str(item["ParameterKey"]): item["ParameterValue"] for item in cast("list[dict[str, Any]]", content)}
    except (TypeError, KeyError):
        raise BadInput(f"{path} holds no parameters: write an object of names and values.") from None
