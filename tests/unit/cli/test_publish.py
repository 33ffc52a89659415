"""`towpath publish` verifies first, finds the bucket, uploads once, and tells the same story on a second try."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto import mock_aws

from tests.unit.release.artifact_builder import artifact, artifact_files, sha256
from towpath.cli import publish
from towpath.cli.main import main

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STACK = {
    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "releases"}}},
    "Outputs": {"ReleaseBucketName": {"Value": {"Ref": "Bucket"}}},
}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> "Iterator[S3Client]":
    for name, value in {
        "ACCESS_KEY_ID": "testing",
        "SECRET_ACCESS_KEY": "testing",
        "DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("TOWPATH_RELEASE_BUCKET", raising=False)
    with mock_aws():
        client: S3Client = cast("Any", boto3).client("s3")
        client.create_bucket(Bucket="releases")
        yield client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "release.zip"
    path.write_bytes(artifact())
    return path


def test_uploads_once(s3: "S3Client", file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(file), "--bucket", "releases"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("orders 1.2.0 is published: s3://releases/releases/orders/1.2.0.zip\n")
    assert shown.err == ""
    assert s3.get_object(Bucket="releases", Key="releases/orders/1.2.0.zip")["Body"].read() == artifact()
    assert main(["publish", str(file), "--bucket", "releases"]) == 0
    assert "was already published with these very bytes" in capsys.readouterr().out


def test_other_bytes_of_the_same_version(s3: "S3Client", file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(file), "--bucket", "releases"]) == 0
    file.write_bytes(artifact(artifact_files(code=b"changed")))
    assert main(["publish", str(file), "--bucket", "releases"]) == 1
    assert "version-already-published" in capsys.readouterr().err


def test_nothing_unsound_is_uploaded(s3: "S3Client", file: Path) -> None:
    file.write_bytes(artifact()[:-1])
    assert main(["publish", str(file), "--bucket", "releases"]) == 1
    assert "Contents" not in s3.list_objects_v2(Bucket="releases")


def test_the_bucket_of_the_environment_variable(
    s3: "S3Client", file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOWPATH_RELEASE_BUCKET", "releases")
    assert main(["publish", str(file), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["location"] == "s3://releases/releases/orders/1.2.0.zip"
    assert (shown["service"], shown["digest"], shown["already_there"]) == ("orders", sha256(artifact()), False)


def test_the_bucket_of_the_pipeline(s3: "S3Client", file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(file)]) == 2
    assert "Name it with --bucket or $TOWPATH_RELEASE_BUCKET" in capsys.readouterr().err
    s3.delete_bucket(Bucket="releases")
    cloudformation = cast("Any", boto3).client("cloudformation")
    cloudformation.create_stack(StackName="towpath-pipeline", TemplateBody=json.dumps(STACK))
    assert main(["publish", str(file)]) == 0


def test_a_pipeline_without_that_output(s3: "S3Client", file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    cast("Any", boto3).client("cloudformation").create_stack(
        StackName="towpath-pipeline", TemplateBody=json.dumps(template)
    )
    assert main(["publish", str(file)]) == 2
    assert "has no output ReleaseBucketName" in capsys.readouterr().err


def test_a_bucket_that_is_not_there(s3: "S3Client", file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(file), "--bucket", "nowhere"]) == 2
    told = capsys.readouterr().err
    assert "NoSuchBucket" in told
    assert "Correct --bucket, or leave it out" in told


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ExpiredToken", "Sign in again"),
        ("InvalidClientTokenId", "Sign in again"),
        ("SignatureDoesNotMatch", "Sign in again"),
        ("AccessDenied", "UploaderPolicyArn"),
    ],
)
def test_credentials_that_do_not_do_are_told_apart(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str, says: str
) -> None:
    from botocore.client import BaseClient
    from botocore.exceptions import ClientError

    def refused(_self: BaseClient, operation: str, _parameters: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", refused)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    for arguments in ([], ["--bucket", "releases"]):
        assert main(["publish", str(file), *arguments]) == 2
        told = capsys.readouterr().err
        assert code in told
        assert says in told
        # Naming the bucket helps only who may not look it up.
        assert ("Name it with --bucket" in told) == (not arguments and code == "AccessDenied")


def test_without_credentials_and_without_a_connection(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    assert main(["publish", str(file), "--bucket", "releases"]) == 2
    assert "Sign in again" in capsys.readouterr().err
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert main(["publish", str(file), "--bucket", "releases"]) == 2
    assert "Sign in again" in capsys.readouterr().err
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert main(["publish", str(file), "--bucket", "releases"]) == 2
    assert "AWS_ENDPOINT_URL says http://127.0.0.1:9" in capsys.readouterr().err


def test_without_a_region_there_is_a_sentence(
    s3: "S3Client", file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert main(["publish", str(file)]) == 2
    assert "You must specify a region" in capsys.readouterr().err


def test_a_terminal_sees_a_bar(
    s3: "S3Client", file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(publish.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["publish", str(file), "--bucket", "releases"]) == 0
    assert "uploading" in capsys.readouterr().err
