"""What kind of source a path is: a template file, a folder with one, or a CDK cloud assembly."""

import json
from dataclasses import dataclass
from pathlib import Path

from towpath.template.traversal import mapping
from towpath.verdict import Reason, Verdict

_NAMES = ("template.yaml", "template.yml", "template.json", "sam.yaml", "sam.yml", "cloudformation.yaml")
_ASSEMBLY = "manifest.json"


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A CloudFormation or SAM template."""

    path: Path


@dataclass(frozen=True, slots=True)
class AssemblySource:
    """A CDK cloud assembly."""

    folder: Path


def find_source(path: Path) -> TemplateSource | AssemblySource | Verdict:
    """The source at a path. A folder is an assembly, holds a template of a usual name, or is refused."""
    if path.is_file():
        is_manifest = path.name == _ASSEMBLY and _is_assembly(path.parent)
        return AssemblySource(path.parent) if is_manifest else TemplateSource(path)
    if not path.is_dir():
        return _refused("source-missing", f"There is no {path}.", path, "Name a template, or the folder of one.")
    if _is_assembly(path):
        return AssemblySource(path)
    found = [path / name for name in _NAMES if (path / name).is_file()]
    if len(found) == 1:
        return TemplateSource(found[0])
    if not found and _is_assembly(path / "cdk.out"):
        return AssemblySource(path / "cdk.out")
    if found:
        said = f"The folder holds several templates: {', '.join(file.name for file in found)}."
        return _refused("source-ambiguous", said, path, "Name one of them.")
    remedy = "Name the template file, or run cdk synth and name the folder that it writes (cdk.out)."
    return _refused("source-unknown", "The folder holds neither a template nor a CDK cloud assembly.", path, remedy)


def _is_assembly(folder: Path) -> bool:
    try:
        return "artifacts" in mapping(json.loads((folder / _ASSEMBLY).read_bytes()))
    except (OSError, ValueError, RecursionError):
        return False


def _refused(code: str, message: str, path: Path, remedy: str) -> Verdict:
    return Verdict.refused(Reason(code, message, str(path), remedy))
