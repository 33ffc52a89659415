"""Writes a packed stack as an artifact: its manifest, checked against what it says, and one deterministic zip."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from towpath.release.archive import ArchiveTooLargeError, Member, WrittenArchive, write_archive
from towpath.release.manifest import FORMAT, MANIFEST_PATH, Manifest, Rollout, Source, parse_document
from towpath.release.pack.declaration import ContractWish, Declaration
from towpath.release.pack.packed import Packed
from towpath.release.template_check import check_template
from towpath.verdict import Reason, Verdict

TEMPLATE_PATH = "template.json"


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is ready to be written."""

    manifest: Manifest
    packed: Packed
    contracts: tuple[tuple[str, bytes], ...] = ()

    def members(self) -> Iterator[Member]:
        """Every file of the artifact."""
        yield Member(MANIFEST_PATH, _json(self.manifest.document))
        yield Member(TEMPLATE_PATH, self.packed.template)
        yield from (Member(asset.path, asset.content) for asset in self.packed.assets)
        yield from (Member(path, content) for path, content in self.contracts)


def make_release(packed: Packed, declaration: Declaration, source: Source) -> Release | Verdict:
    """The release of a packed stack, or every reason why it would be refused."""
    contracts: list[tuple[str, str, bytes]] = []
    for wish in declaration.contracts:
        try:
            contracts.append((_contract_path(wish, declaration.folder), wish.kind, wish.path.read_bytes()))
        except OSError as error:
            said = f"The contract {wish.path.name} cannot be read: {error.strerror}."
            return Verdict.refused(Reason("contract-missing", said, str(wish.path), "Correct the path."))
    document = _document(packed, declaration, source)
    if contracts:
        document["contracts"] = [{**_file(path, content), "kind": kind} for path, kind, content in contracts]
    manifest = parse_document(document)
    if isinstance(manifest, Verdict):
        return manifest
    broken = check_template(packed.document, manifest, None)
    if broken:
        return Verdict.refused(*broken)
    return Release(manifest, packed, tuple((path, content) for path, _, content in contracts))


def write_release(release: Release, destination: BinaryIO) -> WrittenArchive | Verdict:
    """Writes the artifact into an empty, seekable file opened `w+b`; its digest is the release's identity."""
    try:
        return write_archive(release.members(), destination)
    except ArchiveTooLargeError as error:
        said = f"The artifact is too large: {error}."
        return Verdict.refused(Reason("artifact-too-large", said, "", "Leave out what the release does not need."))


def _document(packed: Packed, declaration: Declaration, source: Source) -> dict[str, Any]:
    made_from = {name: value for name, value in (("revision", source.revision), ("time", source.time)) if value}
    document: dict[str, Any] = {"format": FORMAT, "service": declaration.service, "version": declaration.version}
    if made_from:
        document["source"] = made_from
    if declaration.stack:
        document["stack"] = declaration.stack
    document["template"] = _file(TEMPLATE_PATH, packed.template)
    document["assets"] = [
        {"path": asset.path, "sha256": asset.sha256, "size": asset.size, "source": asset.source}
        for asset in packed.assets
    ]
    document["parameters"] = {name: dict(values) for name, values in declaration.parameters.items()}
    document["capabilities"] = list(packed.capabilities)
    optional: dict[str, Any] = {
        "tags": {**packed.tags, **declaration.tags},
        "rollout": [_rollout(entry) for entry in packed.rollout],
        "probes": [dict(probe) for probe in declaration.probes],
    }
    return document | {name: value for name, value in optional.items() if value}


def _rollout(entry: Rollout) -> dict[str, Any]:
    fields = asdict(entry) | {"alarms": list(entry.alarms)}
    return {name: value for name, value in fields.items() if value not in ("", [])}


def _file(path: str, content: bytes) -> dict[str, Any]:
    return {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _contract_path(wish: ContractWish, folder: Path) -> str:
    """`contracts/` and the file's place below it, or only its name when it lies elsewhere."""
    shown = wish.path.relative_to(folder).as_posix() if wish.path.is_relative_to(folder) else wish.path.name
    return shown if shown.startswith("contracts/") else f"contracts/{wish.path.name}"


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
