"""What S3 tells EventBridge of objects that are made and deleted."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

LIMIT = 10.0


@dataclass
class Bucket:
    """A versioned bucket whose events arrive in a queue."""

    s3: Any
    sqs: Any
    name: str
    queue: str

    def events(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + LIMIT
        while len(found) < count and time.monotonic() < deadline:
            answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            found += [json.loads(message["Body"]) for message in answer.get("Messages", [])]
            for message in answer.get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        assert len(found) == count
        return found

    def event(self) -> dict[str, Any]:
        return self.events(1)[0]


@pytest.fixture
def bucket(client: Callable[..., Any]) -> Iterator[Bucket]:
    s3, sqs, events, name = client("s3"), client("sqs"), client("events"), f"bucket-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": arn}]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    yield Bucket(s3, sqs, name, queue)
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=queue)
    versions = s3.list_object_versions(Bucket=name)
    for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=name)


def test_a_put_is_told_with_its_version(bucket: Bucket) -> None:
    put = bucket.s3.put_object(Bucket=bucket.name, Key="releases/a b/1.0.0.zip", Body=b"hello")

    event = bucket.event()

    assert (event["source"], event["detail-type"], event["version"]) == ("aws.s3", "Object Created", "0")
    assert event["resources"] == [f"arn:aws:s3:::{bucket.name}"]
    detail = event["detail"]
    assert (detail["version"], detail["bucket"], detail["reason"]) == ("0", {"name": bucket.name}, "PutObject")
    assert detail["requester"] == event["account"]
    assert detail["source-ip-address"] == "127.0.0.1"
    assert detail["request-id"]
    sequencer = detail["object"].pop("sequencer")
    assert int(sequencer, 16) > 0
    assert detail["object"] == {
        "key": "releases/a b/1.0.0.zip",
        "size": 5,
        "etag": put["ETag"].strip('"'),
        "version-id": put["VersionId"],
    }


def test_each_version_is_told_and_the_sequencer_grows(bucket: Bucket) -> None:
    versions = [bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=body)["VersionId"] for body in (b"1", b"2")]

    told = {event["detail"]["object"]["version-id"]: event["detail"]["object"] for event in bucket.events(2)}

    assert set(told) == set(versions)
    sequencers = [told[version]["sequencer"] for version in versions]
    assert sequencers == sorted(sequencers)


def test_copies_and_multipart_uploads_say_how_they_were_made(bucket: Bucket) -> None:
    bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"1")
    bucket.event()
    source = {"Bucket": bucket.name, "Key": "a"}
    copied = bucket.s3.copy_object(Bucket=bucket.name, Key="b", CopySource=source)
    upload = bucket.s3.create_multipart_upload(Bucket=bucket.name, Key="c")["UploadId"]
    part = bucket.s3.upload_part(Bucket=bucket.name, Key="c", UploadId=upload, PartNumber=1, Body=io.BytesIO(b"123"))
    completed = bucket.s3.complete_multipart_upload(
        Bucket=bucket.name,
        Key="c",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )

    told = {event["detail"]["object"]["key"]: event["detail"] for event in bucket.events(2)}

    assert (told["b"]["reason"], told["b"]["object"]["version-id"]) == ("CopyObject", copied["VersionId"])
    assert told["c"]["reason"] == "CompleteMultipartUpload"
    assert told["c"]["object"]["version-id"] == completed["VersionId"]
    assert told["c"]["object"]["size"] == 3


def test_deletions_say_which_kind_they_are(bucket: Bucket) -> None:
    version = bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"1")["VersionId"]
    bucket.event()

    marker = bucket.s3.delete_object(Bucket=bucket.name, Key="a")["VersionId"]
    marked = bucket.event()
    bucket.s3.delete_object(Bucket=bucket.name, Key="a", VersionId=version)
    deleted = bucket.event()

    assert marked["detail-type"] == deleted["detail-type"] == "Object Deleted"
    assert (marked["detail"]["reason"], deleted["detail"]["reason"]) == ("DeleteObject", "DeleteObject")
    assert marked["detail"]["deletion-type"] == "Delete Marker Created"
    assert marked["detail"]["object"]["version-id"] == marker
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"
    assert deleted["detail"]["object"]["version-id"] == version
    assert "size" not in marked["detail"]["object"]
