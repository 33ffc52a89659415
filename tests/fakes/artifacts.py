"""An artifact store in memory: uploads by key and version, assets by digest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from towpath.release.ports import ArtifactGone, Publication, StoredArtifact
from towpath.verdict import Reason, Verdict


class InMemoryArtifacts:
    """`uploads[key]` are the versions of a key, oldest first; None is a delete marker."""

    def __init__(self) -> None:
        self.uploads: dict[str, list[bytes | None]] = {}
        self.assets: dict[str, bytes] = {}
        self.modified = "2026-11-23T08:59:58Z"
        self.gone_while_reading = False

    def upload(self, key: str, content: bytes | None) -> str:
        self.uploads.setdefault(key, []).append(content)
        return f"v{len(self.uploads[key])}"

    def find(self, key: str, version_id: str | None = None) -> StoredArtifact | Verdict:
        versions = self.uploads.get(key, [None])
        current = versions[-1]
        if current is None:
            return Verdict.refused(Reason("artifact-deleted", "The upload was deleted.", key))
        if version_id not in (None, f"v{len(versions)}"):
            return Verdict.refused(Reason("artifact-overwritten", "Another object was written over it.", key))
        return StoredArtifact(key, f"v{len(versions)}", len(current), self.modified)

    def open(self, artifact: StoredArtifact) -> BinaryIO:
        if self.gone_while_reading:
            raise ArtifactGone(Reason("artifact-deleted", "The upload was deleted.", artifact.key))
        content = self.uploads[artifact.key][int(artifact.version_id[1:]) - 1]
        return io.BytesIO(content or b"")

    def publish(
        self, key: str, file: Path, digest: str, progress: Callable[[int], None] | None = None
    ) -> Publication | Verdict:
        return Publication(key, self.upload(key, file.read_bytes()))

    def keep_asset(self, sha256: str, size: int, chunks: Iterator[bytes]) -> bool:
        if sha256 in self.assets:
            return False
        content = b"".join(chunks)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (sha256, size)
        self.assets[sha256] = content
        return True
