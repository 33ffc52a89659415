"""The privilege gate on real change sets: values that the templates leave open come from what CloudFormation tells."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from local_cloud.cloud import LocalCloud
from towpath.aws.deployer import CloudFormationDeployer
from towpath.privilege import compare_templates
from towpath.review.contexts import contexts_of
from towpath.review.plan import Basis
from towpath.template.loading import load_template

READER = "arn:aws:iam::{}:root"


class Review:
    """Reads what the gate reads of a stack and a change set, and compares."""

    def __init__(self, client: Any) -> None:
        self.deployer = CloudFormationDeployer(client("cloudformation"), execution_role="", asset_url="")

    def basis(self, described: dict[str, Any]) -> Basis:
        stack, arn = described["StackName"], described["ChangeSetId"]
        state, found = self.deployer.stack(stack), self.deployer.change_set(arn)
        live = load_template(self.deployer.live_template(stack), name="live").document if state.exists else None
        return Basis(
            artifact_digest="",
            environment="",
            stack=stack,
            changes=found.changes,
            proposed_template=load_template(self.deployer.proposed_template(arn), name="new").document,
            live_template=live,
            parameters=state.parameters,
            live_parameters=state.parameters,
            resolved=found.resolved,
            live_resolved=state.resolved,
            names={name: found.physical_id for name, found in self.deployer.resources(stack).items()},
        )

    def verdict(self, described: dict[str, Any]) -> tuple[str, str]:
        """What is said with the change set's contexts, and without them."""
        basis = self.basis(described)
        sides = basis.live_template, basis.proposed_template
        given: dict[str, Any] = {"old_parameters": basis.live_parameters, "new_parameters": basis.parameters}
        with_contexts = compare_templates(*sides, **given, contexts=contexts_of(basis))
        return with_contexts.verdict.value, compare_templates(*sides, **given).verdict.value


def topic_with_policy(principal: Any, action: Any = "sns:Publish", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    policy = {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": document},
    }
    return {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Policy": policy}, **more}


@pytest.fixture
def review(cloud: LocalCloud, client: Any) -> Review:
    return Review(client)


def test_an_ssm_parameter_that_names_somebody_else_now_is_an_expansion(
    client: Any, stacks: Any, review: Review
) -> None:
    key = f"/reader/{uuid.uuid4().hex}"
    kind = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": key}
    template = topic_with_policy({"Ref": "Reader"}, Parameters={"Reader": kind})
    client("ssm").put_parameter(Name=key, Value=READER.format(111111111111), Type="String")
    name = stacks.create(template)
    client("ssm").put_parameter(Name=key, Value=READER.format(222222222222), Type="String", Overwrite=True)
    described = stacks.change_set(name, template, Parameters=[{"ParameterKey": "Reader", "UsePreviousValue": True}])
    assert review.verdict(described) == ("EXPANSION", "NO_EXPANSION")
    expected = {"ParameterKey": "Reader", "ParameterValue": key}
    assert stacks.describe(name)["Parameters"] == [{**expected, "ResolvedValue": READER.format(111111111111)}]
    assert described["Parameters"] == [{**expected, "ResolvedValue": READER.format(222222222222)}]


def test_an_import_that_is_written_out_is_no_expansion(stacks: Any, review: Review) -> None:
    name, export = stacks.fresh_name(), f"reader-{uuid.uuid4().hex}"
    output = {"Reader": {"Value": READER.format(111111111111), "Export": {"Name": export}}}
    stacks.create({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": output})
    stacks.create(topic_with_policy({"Fn::ImportValue": export}, ["sns:Publish", "sns:Subscribe"]), name)
    described = stacks.change_set(name, topic_with_policy(READER.format(111111111111), ["sns:Publish"]))
    assert described["Status"] == "CREATE_COMPLETE", json.dumps(described, default=str)
    verdicts = review.verdict(described)
    assert verdicts[0] == "NO_EXPANSION"
    assert verdicts[1] != "NO_EXPANSION"


def test_a_reference_is_within_a_wildcard_over_the_names_of_the_stack(stacks: Any, review: Review) -> None:
    def template(resource: Any) -> dict[str, Any]:
        allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
        policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed]}}
        trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [trusted]}
        role = {"AssumeRolePolicyDocument": trust, "Policies": [policy]}
        roles = {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}
        return {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}, **roles}}

    name = stacks.fresh_name()
    stacks.create(template(f"arn:aws:s3:::{name}-*"), name, Capabilities=["CAPABILITY_IAM"])
    exact = template({"Fn::GetAtt": ["Bucket", "Arn"]})
    described = stacks.change_set(name, exact, Capabilities=["CAPABILITY_IAM"])
    assert review.verdict(described) == ("NO_EXPANSION", "EXPANSION")
