"""What a write-once release bucket relies on: conditions, checksums, versions, bucket policies."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response.get("Error", {}).get("Code"))


def http(error: pytest.ExceptionInfo[ClientError]) -> Any:
    return error.value.response.get("ResponseMetadata", {})


@pytest.fixture
def s3(client: Callable[..., Any]) -> Any:
    return client("s3")


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    name = f"bucket-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    s3.delete_bucket_policy(Bucket=name)
    versions = s3.list_object_versions(Bucket=name)
    for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=name)


def upload(s3: Any, bucket: str, key: str, parts: list[bytes], **more: Any) -> Any:
    begun = s3.create_multipart_upload(Bucket=bucket, Key=key, **more)
    done: list[dict[str, Any]] = []
    for number, body in enumerate(parts, 1):
        answer = s3.upload_part(
            Bucket=bucket, Key=key, UploadId=begun["UploadId"], PartNumber=number, Body=body, **more
        )
        checksums = {name: answer[name] for name in answer if name.startswith("Checksum")}
        done.append({"PartNumber": number, "ETag": answer["ETag"], **checksums})
    return begun["UploadId"], {"Parts": done}


def test_a_key_is_written_once(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")

    with pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*")

    assert code(refusal) == "PreconditionFailed"
    assert http(refusal)["HTTPStatusCode"] == 412
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_of_many_writers_one_wins(s3: Any, bucket: str) -> None:
    def write(number: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key="a", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(16))) == 1


def test_a_deleted_key_can_be_written_again(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")
    s3.delete_object(Bucket=bucket, Key="a")
    s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*")


def test_a_multipart_upload_is_completed_once(s3: Any, bucket: str) -> None:
    first, parts = upload(s3, bucket, "a", [b"1"])
    s3.complete_multipart_upload(Bucket=bucket, Key="a", UploadId=first, MultipartUpload=parts, IfNoneMatch="*")
    second, parts = upload(s3, bucket, "a", [b"2"])

    with pytest.raises(ClientError) as refusal:
        s3.complete_multipart_upload(Bucket=bucket, Key="a", UploadId=second, MultipartUpload=parts, IfNoneMatch="*")

    assert code(refusal) == "PreconditionFailed"
    s3.abort_multipart_upload(Bucket=bucket, Key="a", UploadId=second)


def test_a_checksum_is_verified_kept_and_shown(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ChecksumSHA256=sha256(b"1"))

    got = s3.get_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"1"
    assert (got["ChecksumSHA256"], got["ChecksumType"]) == (sha256(b"1"), "FULL_OBJECT")
    assert s3.head_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")["ChecksumSHA256"] == sha256(b"1")
    assert "ChecksumSHA256" not in s3.head_object(Bucket=bucket, Key="a")
    with pytest.raises(ClientError) as refusal:
        s3.put_object(Bucket=bucket, Key="b", Body=b"1", ChecksumSHA256=sha256(b"2"))
    assert code(refusal) == "BadDigest"


def test_a_multipart_sha256_is_a_checksum_of_checksums(s3: Any, bucket: str) -> None:
    bodies = [b"x" * 5 * 1024 * 1024, b"y"]
    begun, parts = upload(s3, bucket, "a", bodies, ChecksumAlgorithm="SHA256")
    done = s3.complete_multipart_upload(Bucket=bucket, Key="a", UploadId=begun, MultipartUpload=parts)

    each = b"".join(hashlib.sha256(body).digest() for body in bodies)
    assert done["ChecksumSHA256"] == f"{sha256(each)}-2"
    head = s3.head_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == (f"{sha256(each)}-2", "COMPOSITE")


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC64NVME"])
def test_a_multipart_crc_can_cover_the_whole_object(s3: Any, bucket: str, algorithm: str) -> None:
    bodies = [b"x" * 5 * 1024 * 1024, b"y"]
    s3.put_object(Bucket=bucket, Key="whole", Body=b"".join(bodies), ChecksumAlgorithm="CRC32")
    begun = s3.create_multipart_upload(Bucket=bucket, Key="a", ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    assert begun["ChecksumType"] == "FULL_OBJECT"
    parts: list[dict[str, Any]] = []
    for number, body in enumerate(bodies, 1):
        given = {"Bucket": bucket, "Key": "a", "UploadId": begun["UploadId"], "PartNumber": number, "Body": body}
        parts.append({"PartNumber": number, "ETag": s3.upload_part(**given)["ETag"]})
    done = s3.complete_multipart_upload(
        Bucket=bucket,
        Key="a",
        UploadId=begun["UploadId"],
        MultipartUpload={"Parts": parts},
        ChecksumType="FULL_OBJECT",
    )

    assert done["ChecksumType"] == "FULL_OBJECT"
    head = s3.head_object(Bucket=bucket, Key="a", VersionId=done["VersionId"], ChecksumMode="ENABLED")
    assert head["ChecksumType"] == "FULL_OBJECT"
    name = f"Checksum{algorithm}"
    assert head[name] == done[name]
    if algorithm == "CRC32":
        whole = s3.head_object(Bucket=bucket, Key="whole", ChecksumMode="ENABLED")
        assert done[name] == whole[name]


def test_old_versions_stay_readable(s3: Any, bucket: str) -> None:
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="a", Body=b"22")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="a")

    assert s3.get_object(Bucket=bucket, Key="a", VersionId=first)["Body"].read() == b"1"
    assert s3.head_object(Bucket=bucket, Key="a", VersionId=second)["ContentLength"] == 2
    assert marker["DeleteMarker"] is True
    with pytest.raises(ClientError) as missing:
        s3.get_object(Bucket=bucket, Key="a")
    assert code(missing) == "NoSuchKey"
    assert http(missing)["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    with pytest.raises(ClientError) as unknown:
        s3.get_object(Bucket=bucket, Key="a", VersionId="null")
    assert code(unknown) == "NoSuchVersion"
    with pytest.raises(ClientError) as not_allowed:
        s3.get_object(Bucket=bucket, Key="a", VersionId=marker["VersionId"])
    assert code(not_allowed) == "MethodNotAllowed"


def test_ranges_of_a_version(s3: Any, bucket: str) -> None:
    version = s3.put_object(Bucket=bucket, Key="a", Body=b"0123456789")["VersionId"]
    got = s3.get_object(Bucket=bucket, Key="a", VersionId=version, Range="bytes=2-4")
    assert (got["Body"].read(), got["ContentRange"]) == (b"234", "bytes 2-4/10")


@pytest.fixture
def user(client: Callable[..., Any]) -> Iterator[dict[str, str]]:
    """Credentials of a user whose own policy allows all of S3."""
    iam, name = client("iam"), f"user-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName=name, PolicyName="s3", PolicyDocument=json.dumps(allowed))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="s3")
    iam.delete_user(UserName=name)


def deny(s3: Any, bucket: str, **statement: Any) -> None:
    objects = f"arn:aws:s3:::{bucket}/*"
    document = {"Effect": "Deny", "Principal": "*", "Resource": [objects, f"arn:aws:s3:::{bucket}"], **statement}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [document]}))


def test_a_policy_can_insist_on_write_once(
    client: Callable[..., Any], s3: Any, bucket: str, user: dict[str, str]
) -> None:
    condition = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
    deny(s3, bucket, Action="s3:PutObject", Condition=condition)
    theirs = client("s3", **user)

    with pytest.raises(ClientError) as refusal:
        theirs.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert code(refusal) == "AccessDenied"
    theirs.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")
    begun, parts = upload(theirs, bucket, "b", [b"1"])
    with pytest.raises(ClientError):
        theirs.complete_multipart_upload(Bucket=bucket, Key="b", UploadId=begun, MultipartUpload=parts)
    theirs.complete_multipart_upload(Bucket=bucket, Key="b", UploadId=begun, MultipartUpload=parts, IfNoneMatch="*")


def test_loopback_counts_as_tls(client: Callable[..., Any], s3: Any, bucket: str, user: dict[str, str]) -> None:
    deny(s3, bucket, Action="s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    client("s3", **user).put_object(Bucket=bucket, Key="a", Body=b"1")
