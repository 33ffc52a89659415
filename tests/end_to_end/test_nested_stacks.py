"""A release with a nested stack: what changes inside it is reviewed like the rest, on the template that runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from examples.demo.inbox import Received
from examples.demo.world import World, make_client
from tests.unit.release.artifact_builder import artifact, artifact_files, sha256

pytestmark = pytest.mark.end_to_end
SERVICE, STACK = "harbour", "harbour-preview"


def inner(*actions: str, seconds: int = 30) -> bytes:
    """A queue, and a role that may do `actions` with what the parent names."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": {"Ref": "Bucket"}}
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}],
    }
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": properties},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}},
    }
    return json.dumps({"Parameters": {"Bucket": {"Type": "String"}}, "Resources": resources}).encode()


def outer(asset: bytes) -> dict[str, Any]:
    host = "https://${TowpathAssetBucket}.s3.${AWS::Region}.${AWS::URLSuffix}"
    properties = {
        "TemplateURL": {"Fn::Sub": f"{host}/${{TowpathAssetPrefix}}{sha256(asset)}"},
        "Parameters": {"Bucket": {"Ref": "Bucket"}},
    }
    own = {name: {"Type": "String"} for name in ("TowpathAssetBucket", "TowpathAssetPrefix", "Bucket")}
    resources = {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}
    return {"Parameters": own, "Resources": resources}


def publish(world: World, version: str, asset: bytes, bucket: str = "arn:aws:s3:::harbour/*") -> None:
    files = artifact_files(
        outer(asset), asset, service=SERVICE, version=version,
        parameters={"*": {"Bucket": bucket}}, capabilities=["CAPABILITY_IAM"],
    )  # fmt: skip
    make_client("s3", world.people["uploader"]).put_object(
        Bucket=world.outputs["ReleaseBucketName"],
        Key=f"releases/{SERVICE}/{version}.zip",
        Body=artifact(files),
        IfNoneMatch="*",
    )


def asked(world: World, version: str) -> Received:
    return world.inbox.wait(SERVICE, version, "Approval Requested", "Release Stopped", environment="preview")


@pytest.mark.timeout(300)
def test_a_harmless_change_inside_passes_and_a_widening_one_stops_with_its_place(world: World) -> None:
    publish(world, "1.0.0", inner("s3:GetObject"))
    first = asked(world, "1.0.0")
    assert any("Inner: role" in reason for reason in first.detail["reasons"]), first.detail
    world.must("approve", first.detail["plan"], person="reviewer")
    world.inbox.wait(SERVICE, "1.0.0", "Release Promoted")

    publish(world, "2.0.0", inner("s3:GetObject", seconds=45))
    world.inbox.wait(SERVICE, "2.0.0", "Release Promoted", ended_before=True)
    assert world.inbox.of(SERVICE, "2.0.0", "Approval Requested") == []

    publish(world, "3.0.0", inner("s3:GetObject", "s3:DeleteObject", seconds=45))
    reasons = asked(world, "3.0.0").detail["reasons"]
    assert any("Inner: role" in reason and "s3:DeleteObject" in reason for reason in reasons), reasons
    world.must("reject", asked(world, "3.0.0").detail["plan"], person="reviewer")
    world.inbox.wait(SERVICE, "3.0.0", "Release Stopped", ended_before=True)

    # The same template as what is live, but more passed down to it.
    publish(world, "4.0.0", inner("s3:GetObject", seconds=45), bucket="*")
    reasons = asked(world, "4.0.0").detail["reasons"]
    assert any("Inner: role" in reason for reason in reasons), reasons
    world.must("reject", asked(world, "4.0.0").detail["plan"], person="reviewer")
    world.inbox.wait(SERVICE, "4.0.0", "Release Stopped", ended_before=True)
