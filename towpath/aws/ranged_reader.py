"""One object version of S3 as a seekable stream: read in blocks, the next ones fetched while this one is used.

Memory is a fixed number of blocks whatever the object's size. A block whose connection breaks is asked for again.
"""

from __future__ import annotations

import io
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from towpath.aws.errors import aws_errors, error_code
from towpath.errors import Retryable
from towpath.release.ports import ArtifactGone, StoredArtifact
from towpath.verdict import Reason

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

BLOCK: Final = 4 << 20
_KEPT: Final = 4
_AHEAD: Final = 2
_ATTEMPTS: Final = 4
_FIRST_PAUSE: Final = 0.2
# 405 is what S3 answers for a delete marker's version.
GONE: Final = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404", "405"})


class RangedReader(io.RawIOBase):
    """Reads forward or back; wrap it in `io.BufferedReader` only if small reads matter.

    Raises ArtifactGone when the version is deleted, another Terminal or Retryable error as S3 gives cause.
    """

    def __init__(self, client: S3Client, bucket: str, artifact: StoredArtifact, block: int = BLOCK) -> None:
        self._client = client
        self._bucket = bucket
        self._artifact = artifact
        self._block = block
        self._position = 0
        self._blocks: OrderedDict[int, Future[bytes]] = OrderedDict()
        self._last = -1
        self._threads = ThreadPoolExecutor(_AHEAD, thread_name_prefix="read-ahead")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        bases = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._artifact.size}
        if bases[whence] + offset < 0:
            raise ValueError(f"negative seek position {bases[whence] + offset}")
        self._position = bases[whence] + offset
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, and not beyond the end of the block that they begin in."""
        left = max(0, self._artifact.size - self._position)
        if not left or not size:
            return b""
        index, start = divmod(self._position, self._block)
        content = self._content(index)
        piece = content[start : len(content) if size < 0 else start + size]
        self._position += len(piece)
        return piece

    def readall(self) -> bytes:
        return b"".join(iter(self.read, b""))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._blocks.clear()
        super().close()

    def _content(self, index: int) -> bytes:
        self._want(index)
        self._blocks.move_to_end(index)  # what is dropped below must not be what is needed now
        if index == self._last + 1:
            last_block = (self._artifact.size - 1) // self._block
            for ahead in range(index + 1, min(index + _AHEAD, last_block) + 1):
                self._want(ahead)
        self._last = index
        return self._blocks[index].result()

    def _want(self, index: int) -> None:
        if index not in self._blocks:
            self._blocks[index] = self._threads.submit(self._fetch, index)
            while len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)

    def _fetch(self, index: int) -> bytes:
        pause = _FIRST_PAUSE
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._fetch_once(index)
            except Retryable:
                time.sleep(pause)
                pause *= 4
        return self._fetch_once(index)

    def _fetch_once(self, index: int) -> bytes:
        from botocore.exceptions import ClientError

        artifact = self._artifact
        first = index * self._block
        last = min(first + self._block, artifact.size) - 1
        request: GetObjectRequestTypeDef = {
            "Bucket": self._bucket,
            "Key": artifact.key,
            "Range": f"bytes={first}-{last}",
        }
        if artifact.version_id:
            request["VersionId"] = artifact.version_id
        with aws_errors(f"reading {artifact.key}"):
            try:
                return self._client.get_object(**request)["Body"].read()
            except ClientError as error:
                if error_code(error) in GONE:
                    raise ArtifactGone(deleted(artifact.key)) from error
                raise


def deleted(key: str) -> Reason:
    """The reason for refusing an object that is no longer there."""
    return Reason(
        "artifact-deleted",
        "The uploaded object was deleted before the release could be verified.",
        key,
        "Publish the artifact again, and let nothing delete it.",
    )
