"""What the release room asks of the place where artifacts are uploaded and verified assets are kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from towpath.errors import ReleaseMissing
from towpath.verdict import Reason, Verdict


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """One version of one uploaded object. `declared_digest` is the SHA-256 that the uploader declared, if any.

    `modified` is the time of the upload in RFC 3339, UTC; `size` is in bytes.
    """

    key: str
    version_id: str
    size: int
    modified: str
    declared_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """Where an artifact is now. `already_there` means that these very bytes had been published before."""

    location: str
    version_id: str
    already_there: bool = False


class ArtifactGone(ReleaseMissing):
    """The object version was deleted or replaced while it was read; `reason` says so."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class ArtifactStore(Protocol):
    """Uploaded artifacts by key and version; verified assets by their SHA-256.

    Every method raises a Retryable error when trying again may help, and a Terminal one when it will not.
    """

    def find(self, key: str, version_id: str | None = None) -> StoredArtifact | Verdict:
        """The version with this id, or the current one; a refusal when it is deleted or no longer the current one."""
        ...

    def open(self, artifact: StoredArtifact) -> BinaryIO:
        """That version's bytes, seekable, read as they are asked for. Reading raises ArtifactGone."""
        ...

    def publish(
        self, key: str, file: Path, digest: str, progress: Callable[[int], None] | None = None
    ) -> Publication | Verdict:
        """Write the file under a key that nothing else may ever have; refused when other bytes are there.

        `digest` is the file's SHA-256 in hex; `progress` hears how many bytes have been sent in total.
        """
        ...

    def keep_asset(self, sha256: str, size: int, chunks: Iterator[bytes]) -> bool:
        """Keep an asset under its digest; False when it was there already, and then nothing is read from `chunks`."""
        ...
