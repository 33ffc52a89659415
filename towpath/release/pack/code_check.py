"""Whether a function has code that a release can carry: a bundle, text in the template, or a pinned image."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from towpath.release.pack.findings import Findings
from towpath.template.traversal import mapping

_FUNCTIONS = ("AWS::Lambda::Function", "AWS::Serverless::Function")


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where a function stands: the folder that its paths start at, and its place for people."""

    folder: Path
    where: str


def has_default_code(entry: Mapping[str, Any], shared: Mapping[str, Any]) -> bool:
    """Whether a SAM function leaves out where its code is, which stands for the folder of the template.

    `sam build`, `sam package` and `aws cloudformation package` all read it so, and templates of `sam init` rely on it.
    """
    properties = mapping(entry.get("Properties"))
    image = properties.get("PackageType", shared.get("PackageType")) == "Image"
    named = properties.keys() & {"CodeUri", "InlineCode", "ImageUri"} or shared.keys() & {"CodeUri", "ImageUri"}
    return entry.get("Type") == "AWS::Serverless::Function" and bool(properties) and not image and not named


def check_code(
    logical_id: str, entry: Mapping[str, Any], shared: Mapping[str, Any], place: CodePlace, findings: Findings
) -> None:
    """Refuses a function without code; `shared` are the properties that SAM's Globals give every function."""
    if entry.get("Type") not in _FUNCTIONS:
        return
    properties = mapping(entry.get("Properties"))
    if properties.get("PackageType", shared.get("PackageType")) == "Image" or "ImageUri" in properties:
        _check_image(logical_id, properties, place, findings)
    elif not properties.keys() & {"Code", "CodeUri", "InlineCode"} and "CodeUri" not in shared:
        said = f"The function {logical_id} has no code."
        findings.refuse("function-without-code", said, place.where, "Name its folder or file.")


def _check_image(logical_id: str, properties: Mapping[str, Any], place: CodePlace, findings: Findings) -> None:
    image = properties.get("ImageUri", mapping(properties.get("Code")).get("ImageUri"))
    if image is None or (isinstance(image, str) and (place.folder / image).exists()):
        said = f"{logical_id} is a container image that has not been pushed."
        remedy = "Not supported yet, because a registry and not the release holds an image. Push it, name its digest."
        findings.refuse("image-asset", said, place.where, remedy)
    elif not isinstance(image, str) or "@sha256:" not in image:
        said = f"{logical_id} takes a container image by a name whose content can change."
        findings.notice("image-not-pinned", said, place.where, "Name it by its digest: repository@sha256:...")
