"""Uploaded artifacts and verified assets in S3, each key written once.

S3 checks the SHA-256 of what it gets. Beyond 64 MiB an upload goes in parts: S3 then checks each part, but keeps no
SHA-256 of the whole (for objects in parts its full-object checksums are CRCs only:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html), so the digest of the whole
is also declared as metadata, and verification compares it with the bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from towpath.aws.errors import aws_errors, error_code
from towpath.aws.ranged_reader import GONE, RangedReader, deleted
from towpath.aws.write_once import DIGEST_METADATA, PART, PartsUpload, put_once
from towpath.errors import RefusedByAws, Terminal
from towpath.release.ports import Publication, StoredArtifact
from towpath.verdict import Reason, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

SINGLE_UPLOAD: Final = 64 << 20
_PARALLEL_PARTS: Final = 4
_FORBIDDEN: Final = frozenset({"AccessDenied", "Forbidden", "403"})

Progress = Callable[[int], None]


class AssetAltered(Terminal):
    """An asset's bytes were not those that had been verified."""


class S3ArtifactStore:
    """`towpath.release.ports.ArtifactStore`: uploads in one bucket, verified assets in another."""

    def __init__(
        self, client: S3Client, release_bucket: str, asset_bucket: str = "", *, single_upload: int = SINGLE_UPLOAD
    ) -> None:
        self._client = client
        self._releases = release_bucket
        self._assets = asset_bucket
        self._single_upload = single_upload

    def find(self, key: str, version_id: str | None = None) -> StoredArtifact | Verdict:
        current = self._head(self._releases, key)
        if current is None:
            return Verdict.refused(deleted(key))
        if version_id is None or current.get("VersionId", "") == version_id:
            return _artifact(key, current)
        there = self._head(self._releases, key, version_id) is not None
        return Verdict.refused(_overwritten(key) if there else deleted(key))

    def open(self, artifact: StoredArtifact) -> BinaryIO:
        return cast("BinaryIO", RangedReader(self._client, self._releases, artifact))

    def publish(self, key: str, file: Path, digest: str, progress: Progress | None = None) -> Publication | Verdict:
        there = self._head_if_allowed(key)
        if there is None:
            version = self._upload(key, file, digest, progress or _unheard)
            if version is not None:
                return Publication(f"s3://{self._releases}/{key}", version)
            there = self._head_if_allowed(key)
        return self._same_or_refused(key, digest, there)

    def keep_asset(self, sha256: str, size: int, chunks: Iterator[bytes]) -> bool:
        key = f"assets/{sha256}"
        if self._head(self._assets, key) is not None:
            return False
        hashed = hashlib.sha256()
        pieces = _regrouped(chunks, PART, hashed.update)
        with aws_errors(f"keeping the asset {sha256}"):
            if size <= PART:
                content = next(pieces, b"")
                _require(hashed.hexdigest(), sha256)
                return put_once(self._client, self._assets, key, content, sha256) is not None
            with PartsUpload(self._client, self._assets, key, sha256) as upload:
                for number, piece in enumerate(pieces, start=1):
                    upload.send(number, piece)
                _require(hashed.hexdigest(), sha256)
                return upload.complete() is not None

    def _head(self, bucket: str, key: str, version_id: str | None = None) -> HeadObjectOutputTypeDef | None:
        from botocore.exceptions import ClientError

        with aws_errors(f"looking for {key}"):
            try:
                if version_id is None:
                    return self._client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
                return self._client.head_object(Bucket=bucket, Key=key, VersionId=version_id)
            except ClientError as error:
                if error_code(error) in GONE:
                    return None
                raise

    def _head_if_allowed(self, key: str) -> HeadObjectOutputTypeDef | None:
        """Uploaders may be allowed to write only; then the conditional write alone tells whether the key is taken."""
        try:
            return self._head(self._releases, key)
        except RefusedByAws as error:
            if error.code in _FORBIDDEN:
                return None
            raise

    def _upload(self, key: str, file: Path, digest: str, progress: Progress) -> str | None:
        size = file.stat().st_size
        with aws_errors(f"publishing {key}"):
            if size <= self._single_upload:
                with _WatchedFile(file, progress) as body:
                    return put_once(self._client, self._releases, key, cast("BinaryIO", body), digest)
            with PartsUpload(self._client, self._releases, key, digest) as upload:
                _send_file(upload, file, size, progress)
                return upload.complete()

    def _same_or_refused(self, key: str, digest: str, there: HeadObjectOutputTypeDef | None) -> Publication | Verdict:
        remedy = "A version is written once, for ever: give the changed release a new version and pack it again."
        if there is None:
            message = "This version is already published, with bytes that these credentials may not look at."
            return Verdict.refused(Reason("version-already-published", message, key, remedy))
        found = _artifact(key, there)
        existing = found.declared_digest or self._digest(found)
        if existing == digest:
            return Publication(f"s3://{self._releases}/{key}", found.version_id, already_there=True)
        message = f"This version is already published with other bytes: SHA-256 {existing}, not {digest}."
        return Verdict.refused(Reason("version-already-published", message, key, remedy))

    def _digest(self, artifact: StoredArtifact) -> str:
        """The SHA-256 of an object that somebody uploaded without declaring one."""
        hashed = hashlib.sha256()
        with self.open(artifact) as stream:
            while chunk := stream.read(1 << 20):
                hashed.update(chunk)
        return hashed.hexdigest()


class _WatchedFile(io.FileIO):
    """A file that tells how far it has been read."""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(path)
        self._progress = progress

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(-1 if size is None else size)
        self._progress(self.tell())
        return content or b""


def _send_file(upload: PartsUpload, file: Path, size: int, progress: Progress) -> None:
    def send(offset: int) -> int:
        with file.open("rb") as stream:
            stream.seek(offset)
            content = stream.read(PART)
        upload.send(offset // PART + 1, content)
        return len(content)

    sent = 0
    with ThreadPoolExecutor(_PARALLEL_PARTS) as threads:
        parts = [threads.submit(send, offset) for offset in range(0, size, PART)]
        try:
            for part in as_completed(parts):
                sent += part.result()
                progress(sent)
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _unheard(_sent: int) -> None:
    pass


def _regrouped(chunks: Iterator[bytes], size: int, observe: Callable[[bytes], object]) -> Iterator[bytes]:
    """The same bytes in pieces of this size, the last one smaller; `observe` sees each chunk before it is used."""
    held = bytearray()
    for chunk in chunks:
        observe(chunk)
        held += chunk
        while len(held) > size:
            yield bytes(memoryview(held)[:size])
            del held[:size]
    if held:
        yield bytes(held)


def _require(found: str, wanted: str) -> None:
    if found != wanted:
        raise AssetAltered(f"an asset read again has the SHA-256 {found}, verified was {wanted}")


def _artifact(key: str, head: HeadObjectOutputTypeDef) -> StoredArtifact:
    return StoredArtifact(
        key=key,
        version_id=head.get("VersionId", ""),
        size=head["ContentLength"],
        modified=head["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        declared_digest=_declared_digest(head),
    )


def _declared_digest(head: HeadObjectOutputTypeDef) -> str | None:
    """What the uploader said, or what S3 checked when the object came whole; a checksum of parts is no digest."""
    said = head.get("Metadata", {}).get(DIGEST_METADATA)
    if said:
        return said
    checksum = head.get("ChecksumSHA256", "")
    if not checksum or "-" in checksum or head.get("ChecksumType") == "COMPOSITE":
        return None
    return base64.b64decode(checksum).hex()


def _overwritten(key: str) -> Reason:
    return Reason(
        "artifact-overwritten",
        "Another object was written over the upload before it could be verified.",
        key,
        "A key is written once: publish the changed release as a new version.",
    )
