"""Reads a cloud assembly of any schema version: its stacks, also those of nested assemblies, and each one's assets.

Old assemblies name assets in the stack's metadata and pass them by parameters; newer ones have an asset manifest with a
bucket and a key for each. What a release cannot carry is refused with its reason.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from towpath.release.pack.findings import Findings
from towpath.template.traversal import mapping, sequence

_STACK = "aws:cloudformation:stack"
_ASSETS = "cdk:asset-manifest"
_NESTED = "cdk:cloud-assembly"
_IN_METADATA = "aws:cdk:asset"


@dataclass(frozen=True, slots=True)
class FileAsset:
    """A file asset: where it lies, whether it is to be zipped, and how the template names it."""

    path: Path
    is_zipped: bool
    keys: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    parameters: tuple[str, str, str] | None = None
    """Of old assemblies: the parameters for bucket, key and hash."""


@dataclass(frozen=True, slots=True)
class AssemblyStack:
    """One stack of an assembly."""

    id: str
    name: str
    display_name: str
    template: Path
    assets: tuple[FileAsset, ...]
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def answers_to(self, name: str) -> bool:
        """Whether a person may call it so."""
        return name in (self.id, self.name, self.display_name)


def read_assembly(folder: Path, findings: Findings) -> list[AssemblyStack]:
    """The stacks of an assembly in its order; what is wrong with it is among the findings."""
    manifest = _json(folder / "manifest.json", findings)
    for missing in sequence(manifest.get("missing")):
        key = mapping(missing).get("key", mapping(missing).get("provider"))
        findings.refuse(
            "assembly-lookup",
            f"The assembly lacks the context value {key}, which CDK looks up in an account.",
            str(folder / "manifest.json"),
            "Not supported yet, because packing asks no account. Synthesise where it can be looked up.",
        )
    artifacts = mapping(manifest.get("artifacts"))
    stacks: list[AssemblyStack] = []
    for artifact_id, artifact in artifacts.items():
        kind, properties = mapping(artifact).get("type"), mapping(mapping(artifact).get("properties"))
        if kind == _NESTED and isinstance(properties.get("directoryName"), str):
            stacks += read_assembly(folder / properties["directoryName"], findings)
        elif kind == _STACK:
            stacks.append(_stack(folder, artifact_id, mapping(artifact), artifacts, findings))
    return stacks


def _stack(
    folder: Path, artifact_id: str, artifact: dict[str, Any], artifacts: dict[str, Any], findings: Findings
) -> AssemblyStack:
    properties = mapping(artifact.get("properties"))
    assets = [*_listed(folder, artifact, artifacts, findings), *_in_metadata(folder, artifact_id, artifact, findings)]
    tags = {str(key): str(value) for key, value in mapping(properties.get("tags")).items()}
    return AssemblyStack(
        id=artifact_id,
        name=str(properties.get("stackName", artifact_id)),
        display_name=str(artifact.get("displayName", artifact_id)),
        template=folder / str(properties.get("templateFile", "")),
        assets=tuple(assets),
        tags=tags,
    )


def _listed(
    folder: Path, artifact: dict[str, Any], artifacts: dict[str, Any], findings: Findings
) -> Iterator[FileAsset]:
    """The assets of the asset manifests that the stack depends on."""
    for name in sequence(artifact.get("dependencies")):
        needed = mapping(artifacts.get(str(name)))
        if needed.get("type") != _ASSETS:
            continue
        file = folder / str(mapping(needed.get("properties")).get("file"))
        listing = _json(file, findings)
        for image in mapping(listing.get("dockerImages")):
            _refuse_image(image, file, findings)
        for asset_id, asset in mapping(listing.get("files")).items():
            yield from _listed_file(asset_id, mapping(asset), file, findings)


def _listed_file(asset_id: str, asset: dict[str, Any], file: Path, findings: Findings) -> Iterator[FileAsset]:
    source = mapping(asset.get("source"))
    if not isinstance(source.get("path"), str):
        findings.refuse(
            "assembly-asset",
            f"The asset {asset_id} is made by a command of its own.",
            str(file),
            "Not supported yet, because packing runs no commands. Make it a file asset.",
        )
        return
    destinations = [mapping(destination) for destination in mapping(asset.get("destinations")).values()]
    yield FileAsset(
        path=file.parent / source["path"],
        is_zipped=source.get("packaging") == "zip",
        keys=tuple(str(destination.get("objectKey")) for destination in destinations),
        buckets=tuple(str(destination.get("bucketName")) for destination in destinations),
    )


def _in_metadata(folder: Path, artifact_id: str, artifact: dict[str, Any], findings: Findings) -> Iterator[FileAsset]:
    """The assets that an old assembly notes in the stack's metadata."""
    for entries in mapping(artifact.get("metadata")).values():
        for entry in sequence(entries):
            data = mapping(mapping(entry).get("data"))
            if mapping(entry).get("type") != _IN_METADATA or not isinstance(data.get("path"), str):
                continue
            if data.get("packaging") == "container-image":
                _refuse_image(str(data.get("id", artifact_id)), folder / "manifest.json", findings)
                continue
            bucket, key, content_hash = (data.get(name) for name in _PARAMETERS)
            if isinstance(bucket, str) and isinstance(key, str):
                names = (bucket, key, str(content_hash))
                yield FileAsset(folder / data["path"], data.get("packaging") == "zip", parameters=names)


_PARAMETERS = ("s3BucketParameter", "s3KeyParameter", "artifactHashParameter")


def _refuse_image(name: str, file: Path, findings: Findings) -> None:
    findings.refuse(
        "image-asset",
        f"The asset {name} is a container image.",
        str(file),
        "Not supported yet, because a registry and not the release holds an image. Push it yourself, name its digest.",
    )


def _json(file: Path, findings: Findings) -> dict[str, Any]:
    try:
        return mapping(json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        said = f"{file.name} of the cloud assembly cannot be read: {error}."
        findings.refuse("assembly-unreadable", said, str(file), "Run cdk synth again.")
        return {}
