"""Bad uploads, past the command line and straight into the release bucket: refused with a reason, nothing deployed.

All of them are uploaded at once; then each test looks for its own refusal. The order of events is the tests' own: the
rule that starts promotions is switched off while an upload is prepared, and its events are delivered by hand.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from examples.demo.inbox import Received
from examples.demo.scenarios.looks import ENVIRONMENTS, live_digest
from examples.demo.world import World, make_client
from tests.end_to_end.bad_uploads import BAD, SERVICE, files
from tests.unit.release.artifact_builder import artifact, sha256

pytestmark = pytest.mark.end_to_end
RULE = "towpath-upload"


def put(world: World, key: str, content: bytes, person: str = "uploader", **more: Any) -> dict[str, Any]:
    """A plain PUT, and the event that S3 sends for it."""
    s3: Any = make_client("s3", world.people[person])
    bucket = world.outputs["ReleaseBucketName"]
    answer = s3.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*", **more)
    there = {"key": key, "size": len(content), "version-id": answer["VersionId"]}
    time_ = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    detail = {"bucket": {"name": bucket}, "object": there}
    return {"source": "aws.s3", "detail-type": "Object Created", "time": time_, "detail": detail}


def remove(world: World, event: dict[str, Any]) -> None:
    """As an administrator can: the uploader cannot."""
    world.client("s3").delete_object(Bucket=event["detail"]["bucket"]["name"], Key=event["detail"]["object"]["key"])


def deliver(world: World, event: dict[str, Any]) -> str:
    """Deliver an event (again) and return the execution."""
    started = world.client("stepfunctions").start_execution(
        stateMachineArn=world.outputs["PromoteReleaseArn"], name=f"again-{uuid.uuid4()}", input=json.dumps(event)
    )
    return started["executionArn"]


def ended(world: World, execution: str, seconds: float = 60) -> dict[str, Any]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = world.client("stepfunctions").describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.3)
    raise TimeoutError(f"{execution} still runs")


def rejections(world: World, key: str) -> list[Received]:
    return [event for event in world.inbox.events if event.kind == "Release Rejected" and event.detail["key"] == key]


def rejected(world: World, key: str, seconds: float = 60) -> Received:
    """The refusal of the upload under this key."""
    until = time.monotonic() + seconds
    while not rejections(world, key) and time.monotonic() < until:
        world.inbox.read()
    found = rejections(world, key)
    assert found, f"{key} was not refused; last came {[event.kind for event in world.inbox.events[-5:]]}"
    return found[0]


def codes(event: Received) -> list[str]:
    return [reason["code"] for reason in event.detail["verdict"]["reasons"]]


@contextmanager
def undelivered(world: World) -> Generator[None]:
    """Inside the block uploads start nothing; their events are delivered by hand, when a test wants it."""
    events = world.client("events")
    events.disable_rule(Name=RULE)
    try:
        yield
    finally:
        events.enable_rule(Name=RULE)


@pytest.fixture(scope="module")
def uploaded(world: World) -> dict[str, str]:
    """All of the bad uploads, by name: the keys they were put under."""
    keys = {name: bad.key or f"releases/{SERVICE}/0.0.{number}.zip" for number, (name, bad) in enumerate(BAD.items())}
    for name, bad in BAD.items():
        version = keys[name].rpartition("/")[2].removesuffix(".zip")
        put(world, keys[name], bad.make(version), Metadata=dict(bad.metadata))
    return keys


@pytest.mark.parametrize("name", BAD)
def test_a_bad_upload_is_refused_for_what_is_wrong_with_it(world: World, uploaded: dict[str, str], name: str) -> None:
    event = rejected(world, uploaded[name])
    assert BAD[name].code in codes(event)
    assert event.detail["says"]
    reason = event.detail["verdict"]["reasons"][0]
    assert reason["message"]
    assert reason["remedy"]


@pytest.mark.usefixtures("uploaded")
def test_nothing_of_them_was_deployed_or_registered(world: World) -> None:
    assert not any(world.stack_status(f"{SERVICE}-{environment}") != "(absent)" for environment in ENVIRONMENTS)
    found = world.client("dynamodb").query(
        TableName=world.outputs["LedgerTableName"],
        KeyConditionExpression="PK = :service AND begins_with(SK, :release)",
        ExpressionAttributeValues={":service": {"S": f"SERVICE#{SERVICE}"}, ":release": {"S": "RELEASE#"}},
    )
    assert found["Items"] == []


def test_an_upload_elsewhere_is_ignored(world: World) -> None:
    """No event for it reaches the workflow, and one that is sent all the same ends without a word."""
    event = put(world, "elsewhere/depot/3.0.0.zip", artifact(files("3.0.0")), person="administrator")
    found = ended(world, deliver(world, event))
    assert found["status"] == "SUCCEEDED"
    world.inbox.read(wait=0)
    assert not [seen for seen in world.inbox.events if seen.detail["version"] == "3.0.0"]
    machine = world.outputs["PromoteReleaseArn"].removesuffix(":live")
    runs = world.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    inputs = [
        json.loads(world.client("stepfunctions").describe_execution(executionArn=run["executionArn"])["input"])
        for run in runs[:5]
    ]
    told = [given for given in inputs if given["detail"]["object"]["key"] == "elsewhere/depot/3.0.0.zip"]
    assert len(told) == 1, "the rule delivered it too"


def test_an_upload_that_was_deleted_before_it_was_read_is_refused(world: World) -> None:
    with undelivered(world):
        event = put(world, f"releases/{SERVICE}/0.1.0.zip", artifact(files("0.1.0")))
    remove(world, event)
    assert ended(world, deliver(world, event))["status"] == "FAILED"
    assert codes(rejected(world, f"releases/{SERVICE}/0.1.0.zip")) == ["artifact-deleted"]


@pytest.mark.timeout(240)
def test_doubled_late_and_overtaken_events_promote_each_release_at_most_once(world: World) -> None:
    key, sound = f"releases/{SERVICE}/1.1.0.zip", artifact(files("1.1.0", seconds=40))
    with undelivered(world):
        older = put(world, f"releases/{SERVICE}/1.0.0.zip", artifact(files("1.0.0", seconds=20)))
        overwritten = put(world, key, artifact(files("1.1.0", seconds=50)))
        remove(world, overwritten)
        event = put(world, key, sound)
    first, second = deliver(world, event), deliver(world, event)
    assert ended(world, deliver(world, overwritten))["status"] == "FAILED"
    assert codes(rejected(world, key)) == ["artifact-overwritten"]
    outcomes = sorted((ended(world, run, 180)["status"] for run in (first, second)), reverse=True)
    assert outcomes == ["SUCCEEDED", "SUCCEEDED"]
    world.inbox.wait(SERVICE, "1.1.0", "Release Promoted", ended_before=True)
    assert {live_digest(world, environment, SERVICE) for environment in ENVIRONMENTS} == {sha256(sound)}
    # What comes late does not take the environments back in time.
    assert ended(world, deliver(world, older))["status"] == "SUCCEEDED"
    late = world.inbox.wait(SERVICE, "1.0.0", "Release Superseded", "Release Promoted")
    assert (late.kind, late.detail["by"]) == ("Release Superseded", "1.1.0")
    assert ended(world, deliver(world, event))["status"] == "SUCCEEDED"
    _other_bytes(world, event)
    world.inbox.read()
    live = [seen.detail["environment"] for seen in world.inbox.of(SERVICE, "1.1.0", "Promotion Succeeded")]
    assert live == list(ENVIRONMENTS)
    assert {live_digest(world, environment, SERVICE) for environment in ENVIRONMENTS} == {sha256(sound)}


def _other_bytes(world: World, event: dict[str, Any]) -> None:
    """Whoever gets around write-once in S3 meets the ledger, which keeps a version's first bytes for ever."""
    remove(world, event)
    with undelivered(world):
        other = put(world, event["detail"]["object"]["key"], artifact(files("1.1.0", seconds=60)))
    assert ended(world, deliver(world, other))["status"] == "FAILED"
    until = time.monotonic() + 30
    key = other["detail"]["object"]["key"]
    while not any("version-has-other-bytes" in codes(seen) for seen in rejections(world, key)):
        assert time.monotonic() < until, "the ledger took other bytes for a version that it knows"
        world.inbox.read()
