"""The S3 store against an S3 that runs in this process: write-once, whole or in parts, and read back by version."""

import base64
import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from io import SEEK_CUR, SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from moto import mock_aws

from tests.unit.release.artifact_builder import CODE, artifact, sha256
from towpath.aws import ranged_reader
from towpath.aws.artifact_store import AssetAltered, S3ArtifactStore
from towpath.aws.ranged_reader import RangedReader
from towpath.aws.write_once import PART
from towpath.errors import AwsUnavailable, RefusedByAws
from towpath.release.intake import take_in
from towpath.release.ports import ArtifactGone, Publication, StoredArtifact
from towpath.verdict import Verdict

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "releases/orders/1.2.0.zip"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> "Iterator[S3Client]":
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client: S3Client = cast("Any", boto3).client(
            "s3", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1})
        )
        for bucket in ("releases", "assets"):
            client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket="releases", VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def store(s3: "S3Client") -> S3ArtifactStore:
    return S3ArtifactStore(s3, "releases", "assets")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "release.zip"
    path.write_bytes(artifact())
    return path


def publish(store: S3ArtifactStore, file: Path, key: str = KEY) -> Publication:
    found = store.publish(key, file, sha256(file.read_bytes()))
    assert isinstance(found, Publication), found
    return found


def code_of(found: object) -> str:
    assert isinstance(found, Verdict)
    assert found.is_refused
    assert found.reasons[0].remedy
    return found.reasons[0].code


def answer_with(client: "S3Client", operation: str, status: int, code: str, times: int = 1) -> None:
    """Let S3 answer the next calls of an operation with an error that moto does not know."""
    left = [times]

    class Body:
        def stream(self) -> Iterator[bytes]:
            yield f"<Error><Code>{code}</Code><Message>said so</Message></Error>".encode()

        def read(self) -> bytes:
            return b"".join(self.stream())

    def respond(request: Any, **_: Any) -> AWSResponse | None:
        if not left[0]:
            return None
        left[0] -= 1
        return AWSResponse(request.url, status, cast("Any", {"content-type": "application/xml"}), Body())

    # Registered first, so that it is asked before moto.
    cast("Any", client.meta.events).register_first(f"before-send.s3.{operation}", respond)


class TestPublish:
    def test_writes_with_checksum_digest_and_condition(
        self, store: S3ArtifactStore, s3: "S3Client", file: Path
    ) -> None:
        seen: list[dict[str, Any]] = []
        register = cast("Any", s3.meta.events).register
        register("before-call.s3.PutObject", lambda params, **_: seen.append(params["headers"]))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] -- botocore's hooks have no types
        told: list[int] = []
        digest = sha256(file.read_bytes())
        found = store.publish(KEY, file, digest, told.append)
        assert isinstance(found, Publication)
        assert (found.location, found.already_there) == (f"s3://releases/{KEY}", False)
        assert found.version_id
        assert seen[0]["If-None-Match"] == "*"
        assert seen[0]["x-amz-checksum-sha256"] == base64.b64encode(bytes.fromhex(digest)).decode()
        assert seen[0]["x-amz-meta-towpath-sha256"] == digest
        assert s3.get_object(Bucket="releases", Key=KEY)["Body"].read() == file.read_bytes()
        assert told[-1] == file.stat().st_size

    def test_the_same_bytes_again_are_fine(self, store: S3ArtifactStore, file: Path) -> None:
        first = publish(store, file)
        assert publish(store, file) == replace(first, already_there=True)

    def test_other_bytes_are_refused_and_change_nothing(
        self, store: S3ArtifactStore, s3: "S3Client", file: Path, tmp_path: Path
    ) -> None:
        publish(store, file)
        other = tmp_path / "other.zip"
        other.write_bytes(b"other")
        assert code_of(store.publish(KEY, other, sha256(b"other"))) == "version-already-published"
        assert s3.get_object(Bucket="releases", Key=KEY)["Body"].read() == file.read_bytes()
        assert len(s3.list_object_versions(Bucket="releases")["Versions"]) == 1

    def test_the_same_bytes_uploaded_by_another_tool_are_recognised(
        self, store: S3ArtifactStore, s3: "S3Client", file: Path
    ) -> None:
        s3.put_object(Bucket="releases", Key=KEY, Body=file.read_bytes(), ChecksumAlgorithm="CRC32")
        assert publish(store, file).already_there

    def test_who_loses_a_race_with_the_same_bytes_succeeds(
        self, store: S3ArtifactStore, s3: "S3Client", file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(store, file)
        answers: list[Any] = [None]
        head = store._head  # pyright: ignore[reportPrivateUsage] -- the race happens between this call and the write

        def first_blind(*arguments: Any) -> Any:
            return answers.pop() if answers else head(*arguments)

        monkeypatch.setattr(store, "_head", first_blind)
        assert publish(store, file).already_there

    def test_who_may_only_write_can_publish(self, store: S3ArtifactStore, s3: "S3Client", file: Path) -> None:
        answer_with(s3, "HeadObject", 403, "Forbidden", times=4)
        assert not publish(store, file).already_there
        assert code_of(store.publish(KEY, file, sha256(file.read_bytes()))) == "version-already-published"

    def test_a_write_under_way_elsewhere_is_worth_another_try(
        self, store: S3ArtifactStore, s3: "S3Client", file: Path
    ) -> None:
        answer_with(s3, "PutObject", 409, "ConditionalRequestConflict")
        with pytest.raises(AwsUnavailable, match="another upload"):
            publish(store, file)

    def test_who_may_not_write_is_told_so(self, store: S3ArtifactStore, s3: "S3Client", file: Path) -> None:
        answer_with(s3, "PutObject", 403, "AccessDenied")
        with pytest.raises(RefusedByAws, match=f"while publishing {re.escape(KEY)}"):
            publish(store, file)


class TestInParts:
    @pytest.fixture
    def large(self, tmp_path: Path) -> Path:
        path = tmp_path / "large.zip"
        path.write_bytes(random.Random(1).randbytes(PART * 2 + 5))
        return path

    @pytest.fixture
    def in_parts(self, s3: "S3Client") -> S3ArtifactStore:
        return S3ArtifactStore(s3, "releases", "assets", single_upload=1000)

    def test_the_object_is_the_file_and_declares_its_digest(
        self, in_parts: S3ArtifactStore, s3: "S3Client", large: Path
    ) -> None:
        told: list[int] = []
        digest = sha256(large.read_bytes())
        found = in_parts.publish(KEY, large, digest, told.append)
        assert isinstance(found, Publication)
        assert s3.get_object(Bucket="releases", Key=KEY)["Body"].read() == large.read_bytes()
        stored = in_parts.find(KEY)
        assert isinstance(stored, StoredArtifact)
        assert stored.declared_digest == digest
        assert (told[-1], len(told)) == (large.stat().st_size, 3)
        assert publish(in_parts, large).already_there

    def test_a_failed_part_leaves_nothing_behind(self, in_parts: S3ArtifactStore, s3: "S3Client", large: Path) -> None:
        answer_with(s3, "UploadPart", 403, "AccessDenied")
        with pytest.raises(RefusedByAws):
            publish(in_parts, large)
        assert "Uploads" not in s3.list_multipart_uploads(Bucket="releases")
        assert "Contents" not in s3.list_objects_v2(Bucket="releases")

    def test_who_comes_second_is_refused_at_the_end(
        self, in_parts: S3ArtifactStore, s3: "S3Client", large: Path
    ) -> None:
        conditions: list[Any] = []

        def note(params: Any, **_: Any) -> None:
            conditions.append(params["headers"].get("If-None-Match"))
            s3.put_object(Bucket="releases", Key=KEY, Body=b"the winner")

        cast("Any", s3.meta.events).register("before-call.s3.CompleteMultipartUpload", note)
        answer_with(s3, "CompleteMultipartUpload", 412, "PreconditionFailed")
        assert code_of(in_parts.publish(KEY, large, sha256(large.read_bytes()))) == "version-already-published"
        assert conditions == ["*"]
        assert "Uploads" not in s3.list_multipart_uploads(Bucket="releases")


class TestFind:
    def test_by_version(self, store: S3ArtifactStore, file: Path) -> None:
        published = publish(store, file)
        found = store.find(KEY, published.version_id)
        assert isinstance(found, StoredArtifact)
        assert (found.version_id, found.size) == (published.version_id, file.stat().st_size)
        assert found.declared_digest == sha256(file.read_bytes())
        assert found.modified.endswith("Z")

    def test_a_plain_upload_declares_what_s3_checked(self, store: S3ArtifactStore, s3: "S3Client") -> None:
        s3.put_object(Bucket="releases", Key=KEY, Body=b"plain", ChecksumAlgorithm="SHA256")
        found = store.find(KEY)
        assert isinstance(found, StoredArtifact)
        assert found.declared_digest == sha256(b"plain")
        s3.put_object(Bucket="releases", Key="other", Body=b"plain", ChecksumAlgorithm="CRC32")
        other = store.find("other")
        assert isinstance(other, StoredArtifact)
        assert other.declared_digest is None

    def test_deleted(self, store: S3ArtifactStore, s3: "S3Client", file: Path) -> None:
        published = publish(store, file)
        s3.delete_object(Bucket="releases", Key=KEY)
        assert code_of(store.find(KEY, published.version_id)) == "artifact-deleted"
        assert code_of(store.find("releases/never/1.0.0.zip")) == "artifact-deleted"

    def test_version_deleted_for_good(self, store: S3ArtifactStore, s3: "S3Client", file: Path) -> None:
        published = publish(store, file)
        s3.put_object(Bucket="releases", Key=KEY, Body=b"over it")
        s3.delete_object(Bucket="releases", Key=KEY, VersionId=published.version_id)
        assert code_of(store.find(KEY, published.version_id)) == "artifact-deleted"

    def test_overwritten(self, store: S3ArtifactStore, s3: "S3Client", file: Path) -> None:
        published = publish(store, file)
        s3.put_object(Bucket="releases", Key=KEY, Body=b"over it")
        assert code_of(store.find(KEY, published.version_id)) == "artifact-overwritten"

    def test_trouble_is_no_refusal(self, store: S3ArtifactStore, s3: "S3Client") -> None:
        answer_with(s3, "HeadObject", 503, "ServiceUnavailable", times=10)
        with pytest.raises(AwsUnavailable):
            store.find(KEY)


class TestReading:
    BLOCK = 1000

    @pytest.fixture
    def content(self) -> bytes:
        return random.Random(2).randbytes(10_500)

    @pytest.fixture
    def reader(self, s3: "S3Client", content: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[RangedReader]:
        monkeypatch.setattr(ranged_reader, "_FIRST_PAUSE", 0.001)
        version = s3.put_object(Bucket="releases", Key=KEY, Body=content)["VersionId"]
        artifact = StoredArtifact(KEY, version, len(content), "")
        with RangedReader(s3, "releases", artifact, block=self.BLOCK) as reader:
            yield reader

    def test_all_of_it(self, reader: RangedReader, content: bytes) -> None:
        assert reader.read(0) == b""
        assert reader.readall() == content
        assert reader.read(1) == b""

    def test_anywhere(self, reader: RangedReader, content: bytes) -> None:
        assert reader.seek(-22, SEEK_END) == len(content) - 22
        assert reader.read(100) == content[-22:]
        assert reader.seek(1995) == 1995
        assert reader.read(10) == content[1995:2000]
        assert reader.read(3) == content[2000:2003]
        assert reader.seek(-3, SEEK_CUR) == 2000
        assert reader.tell() == 2000
        reader.seek(99_999)
        assert reader.read(1) == b""
        with pytest.raises(ValueError, match="negative"):
            reader.seek(-1)

    def test_each_block_is_fetched_once_and_few_are_held(
        self, reader: RangedReader, s3: "S3Client", content: bytes
    ) -> None:
        ranges: list[str] = []
        register = cast("Any", s3.meta.events).register
        register("before-call.s3.GetObject", lambda params, **_: ranges.append(params["headers"]["Range"]))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] -- botocore's hooks have no types
        for at in range(0, len(content), 100):
            assert reader.read(100) == content[at : at + 100]
        assert sorted(ranges) == sorted(f"bytes={at}-{min(at + 999, 10_499)}" for at in range(0, 10_500, 1000))
        assert len(reader._blocks) <= 4  # pyright: ignore[reportPrivateUsage] -- the bound on memory is the point

    def test_a_broken_connection_is_tried_again(self, reader: RangedReader, s3: "S3Client", content: bytes) -> None:
        broken = [True, True]

        def break_off(**_: Any) -> None:
            if broken:
                broken.pop()
                raise ConnectionClosedError(endpoint_url="s3")

        cast("Any", s3.meta.events).register("after-call.s3.GetObject", break_off)
        assert reader.readall() == content
        assert not broken

    def test_trouble_that_lasts_is_retryable(self, reader: RangedReader, s3: "S3Client") -> None:
        answer_with(s3, "GetObject", 503, "SlowDown", times=100)
        with pytest.raises(Exception, match="SlowDown") as caught:
            reader.read(1)
        assert caught.type.__name__ == "ThrottledByAws"

    def test_deleted_while_it_is_read(self, reader: RangedReader, s3: "S3Client", content: bytes) -> None:
        assert reader.read(10) == content[:10]
        artifact = reader._artifact  # pyright: ignore[reportPrivateUsage] -- to delete the very version it reads
        s3.delete_object(Bucket="releases", Key=KEY, VersionId=artifact.version_id)
        with pytest.raises(ArtifactGone) as caught:
            reader.readall()
        assert caught.value.reason.code == "artifact-deleted"


class TestAssets:
    def test_kept_once(self, store: S3ArtifactStore, s3: "S3Client") -> None:
        content = b"asset"
        assert store.keep_asset(sha256(content), len(content), iter([b"", b"as", b"set"]))
        assert s3.get_object(Bucket="assets", Key=f"assets/{sha256(content)}")["Body"].read() == content

        def never() -> Iterator[bytes]:
            raise AssertionError("read again")
            yield b""

        assert not store.keep_asset(sha256(content), len(content), never())

    def test_empty_and_in_parts(self, store: S3ArtifactStore, s3: "S3Client") -> None:
        assert store.keep_asset(sha256(b""), 0, iter([b""]))
        large = random.Random(3).randbytes(PART + 1)
        chunks = (large[at : at + 1_000_000] for at in range(0, len(large), 1_000_000))
        assert store.keep_asset(sha256(large), len(large), chunks)
        kept = s3.get_object(Bucket="assets", Key=f"assets/{sha256(large)}")["Body"].read()
        assert hashlib.sha256(kept).hexdigest() == sha256(large)

    @pytest.mark.parametrize("size", [5, PART + 1])
    def test_altered_content_is_never_kept(self, store: S3ArtifactStore, s3: "S3Client", size: int) -> None:
        with pytest.raises(AssetAltered):
            store.keep_asset(sha256(b"verified"), size, iter([bytes(size)]))
        assert "Contents" not in s3.list_objects_v2(Bucket="assets")
        assert "Uploads" not in s3.list_multipart_uploads(Bucket="assets")


class TestIntake:
    def test_a_sound_upload_is_verified_and_its_assets_kept(
        self, store: S3ArtifactStore, s3: "S3Client", file: Path
    ) -> None:
        version = publish(store, file).version_id
        for _ in range(2):  # an event may be delivered twice
            found = take_in(store, KEY, version)
            assert found.verdict.is_passed
            assert s3.get_object(Bucket="assets", Key=f"assets/{sha256(CODE)}")["Body"].read() == CODE

    def test_an_unsound_upload_leaves_no_asset(self, store: S3ArtifactStore, s3: "S3Client") -> None:
        s3.put_object(
            Bucket="releases",
            Key=KEY,
            Body=artifact(),
            Metadata={"towpath-sha256": "0" * 64},
            ChecksumAlgorithm="CRC32",
        )
        found = take_in(store, KEY, None)
        assert [reason.code for reason in found.verdict.reasons] == ["digest-mismatch"]
        assert "Contents" not in s3.list_objects_v2(Bucket="assets")

    def test_gone_before_or_while_it_is_read(
        self, store: S3ArtifactStore, s3: "S3Client", file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version = publish(store, file).version_id
        open_before = store.open

        def open_and_delete(artifact: StoredArtifact) -> Any:
            s3.delete_object(Bucket="releases", Key=KEY, VersionId=version)
            return open_before(artifact)

        monkeypatch.setattr(store, "open", open_and_delete)
        for _ in range(2):
            found = take_in(store, KEY, version)
            assert [reason.code for reason in found.verdict.reasons] == ["artifact-deleted"]
