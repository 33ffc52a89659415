"""Points a CDK template at the release's assets instead of the bootstrap bucket.

Wherever the template names an asset's key or the asset bucket, in code properties, nested stacks' addresses, custom
resources or policies, it now names ours. What only serves CDK's own deployment (the bootstrap version check, the
metadata resource) goes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.release.manifest import ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER
from towpath.release.pack.locations import asset_key
from towpath.release.pack.rollout.expression import sub_parts
from towpath.template.position import Path
from towpath.template.traversal import mapping, rebuild

_BUCKET = f"${{{ASSET_BUCKET_PARAMETER}}}"
_PREFIX = f"${{{ASSET_PREFIX_PARAMETER}}}"


_BOOTSTRAP = (
    ("Parameters", "BootstrapVersion"),
    ("Rules", "CheckBootstrapVersion"),
    ("Conditions", "CDKMetadataAvailable"),
)


@dataclass(slots=True)
class Places:
    """What assets are called in a template: digests by key, names of the bootstrap bucket, and values of parameters."""

    digests: dict[str, str] = field(default_factory=dict[str, str])
    buckets: set[str] = field(default_factory=set[str])
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])


def point_at_release(document: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """A copy of the document in which every asset is found in the release."""

    def replace(node: Any, _path: Path) -> Any:
        if isinstance(node, str):
            return _text(node, places)
        entry = mapping(node)
        if len(entry) == 1 and isinstance(entry.get("Ref"), str) and entry["Ref"] in places.parameters:
            return places.parameters[entry["Ref"]]
        if len(entry) == 1 and "Fn::Sub" in entry:
            return _sub(entry["Fn::Sub"], replace, places)
        return node

    pointed = {
        section: value if section in ("Parameters", "Metadata", "Description") else rebuild(value, replace)
        for section, value in document.items()
    }
    parameters = {
        name: entry for name, entry in mapping(pointed.get("Parameters")).items() if name not in places.parameters
    }
    return _with_section(pointed, "Parameters", parameters)


def without_bootstrap(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without what only CDK's own deployment reads."""
    cleaned = dict(document)
    for section, name in _BOOTSTRAP:
        kept = {key: entry for key, entry in mapping(cleaned.get(section)).items() if key != name}
        cleaned = _with_section(cleaned, section, kept)
    resources = mapping(cleaned.get("Resources"))
    kept = {key: entry for key, entry in resources.items() if mapping(entry).get("Type") != "AWS::CDK::Metadata"}
    return _with_section(cleaned, "Resources", kept)


def _with_section(document: dict[str, Any], section: str, content: dict[str, Any]) -> dict[str, Any]:
    if section in document and not content:
        return {name: value for name, value in document.items() if name != section}
    return document | {section: content} if section in document else document


def _text(text: str, places: Places) -> Any:
    if text in places.digests:
        return asset_key(places.digests[text])
    if text in places.buckets:
        return {"Ref": ASSET_BUCKET_PARAMETER}
    literal = text.replace("${", "${!")
    replaced = _replaced(literal, places)
    return text if replaced == literal else {"Fn::Sub": replaced}


def _sub(argument: Any, replace: Callable[[Any, Path], Any], places: Places) -> dict[str, Any]:
    text, own = sub_parts(argument)
    if text in places.buckets:
        return {"Ref": ASSET_BUCKET_PARAMETER}
    replaced = _replaced(text, places)
    return {"Fn::Sub": [replaced, rebuild(own, replace)] if isinstance(argument, list) else replaced}


def _replaced(text: str, places: Places) -> str:
    names = {key: f"{_PREFIX}{digest}" for key, digest in places.digests.items()}
    names |= dict.fromkeys(places.buckets, _BUCKET)
    if not any(name in text for name in names):
        return text
    longest_first = sorted(names, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: names[found.group()], text)
