"""Writing an S3 key that nothing else may ever have: whole, or in parts, always checked by SHA-256, never over another.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: of several conditional writes of one key
the first to finish wins; the others get 412, or 409 while it is being decided.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from towpath.aws.errors import error_code
from towpath.errors import AwsUnavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART: Final = 8 << 20
DIGEST_METADATA: Final = "towpath-sha256"
_TAKEN: Final = frozenset({"PreconditionFailed", "412"})
_UNDECIDED: Final = frozenset({"ConditionalRequestConflict", "409"})


def put_once(client: S3Client, bucket: str, key: str, body: BinaryIO | bytes, digest: str) -> str | None:
    """The version id of the new object (empty in a bucket without versions), or None when the key is taken.

    `digest` is the SHA-256 of the body in hex; S3 refuses a body that does not have it. Raises ClientError.
    """
    from botocore.exceptions import ClientError

    try:
        answer = client.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ChecksumSHA256=_base64(bytes.fromhex(digest)),
            Metadata={DIGEST_METADATA: digest},
            IfNoneMatch="*",
        )
    except ClientError as error:
        _raise_unless_taken(error, key)
        return None
    return answer.get("VersionId", "")


class PartsUpload:
    """An object in the making, in parts of `PART` bytes but the last. Leaving the `with` block unfinished discards it.

    `send` may be called from several threads. Raises ClientError.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, digest: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._digest = digest
        self._upload = ""
        self._parts: list[CompletedPartTypeDef] = []

    def __enter__(self) -> Self:
        answer = self._client.create_multipart_upload(
            Bucket=self._bucket, Key=self._key, ChecksumAlgorithm="SHA256", Metadata={DIGEST_METADATA: self._digest}
        )
        self._upload = answer["UploadId"]
        return self

    def send(self, number: int, content: bytes) -> None:
        """Send part `number`, counted from 1."""
        checksum = _base64(hashlib.sha256(content).digest())
        answer = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload,
            PartNumber=number,
            Body=content,
            ChecksumSHA256=checksum,
        )
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum})

    def complete(self) -> str | None:
        """Make the object of its parts: its version id, or None when the key is taken by now."""
        from botocore.exceptions import ClientError

        try:
            answer = self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._upload,
                MultipartUpload={"Parts": sorted(self._parts, key=lambda part: part.get("PartNumber", 0))},
                IfNoneMatch="*",
            )
        except ClientError as error:
            _raise_unless_taken(error, self._key)
            return None
        self._upload = ""
        return answer.get("VersionId", "")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if self._upload:
            # What cannot be discarded now is discarded by the bucket's lifecycle rule; the first error matters more.
            with contextlib.suppress(BotoCoreError, ClientError):
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload)


def _raise_unless_taken(error: ClientError, key: str) -> None:
    if error_code(error) in _UNDECIDED:
        raise AwsUnavailable(f"another upload of {key} is under way") from error
    if error_code(error) not in _TAKEN:
        raise error


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
