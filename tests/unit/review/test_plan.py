"""The plan's digest: equal for equal facts, another one for any difference that matters."""

from dataclasses import replace
from typing import Any

import pytest

from towpath.review.assessment import GateSettings, assess, switched_functions
from towpath.review.change_set import Action, ResourceChange
from towpath.review.gates import Decision, Otherwise
from towpath.review.masking import Mask
from towpath.review.plan import Basis, Plan, Subject

SUBJECT = Subject("orders", "1.1.0", "d" * 64, "staging", "orders", "orders-1.1.0-staging-1", "1.0.0")


def function_change(**parts: Any) -> ResourceChange:
    fields: dict[str, Any] = {
        "action": Action.MODIFY,
        "logical_id": "Api",
        "resource_type": "AWS::Lambda::Function",
        "physical_id": "orders-api",
        "replacement": "False",
        "policy_action": "",
        "before": {"Code": {"S3Key": "a"}},
        "after": {"Code": {"S3Key": "b"}},
        "causes": (),
        **parts,
    }
    return ResourceChange(**fields)


def role(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy]}}}}


BASIS = Basis(
    artifact_digest="d" * 64,
    environment="staging",
    stack="orders",
    changes=(function_change(),),
    proposed_template=role("a:A"),
    live_template=role("a:A"),
    parameters={"Level": "INFO"},
    live_parameters={"Level": "INFO", "TowpathApiLiveVersion": "1"},
)


def plan(basis: Basis = BASIS, *, carried: bool = False, salt: bytes = b"1", **gates: Otherwise) -> Plan:
    return assess(SUBJECT, basis, GateSettings(**gates), Mask(salt=salt), lambda _: carried)


def test_an_ordinary_change_of_code_passes() -> None:
    assert plan().decision is Decision.PASSED


def test_a_permission_change_waits_for_approval_and_an_earlier_one_carries_over() -> None:
    basis = replace(BASIS, proposed_template=role("a:*"))
    assert plan(basis).decision is Decision.APPROVAL_NEEDED
    assert plan(basis, carried=True).decision is Decision.PASSED
    assert plan(basis, privilege=Otherwise.REFUSE).decision is Decision.REFUSED


def test_the_digest_does_not_depend_on_the_mask_or_on_an_earlier_approval() -> None:
    basis = replace(BASIS, proposed_template=role("a:*"))
    assert plan(basis).digest == plan(basis, carried=True, salt=b"2").digest


@pytest.mark.parametrize(
    "other",
    [
        replace(BASIS, artifact_digest="e" * 64),
        replace(BASIS, environment="production"),
        replace(BASIS, stack="orders-2"),
        replace(BASIS, changes=()),
        replace(BASIS, changes=(function_change(after={"Code": {"S3Key": "c"}}),)),
        replace(BASIS, changes=(function_change(replacement="True"),)),
        replace(BASIS, proposed_template=role("a:B")),
        replace(BASIS, live_template=role("a:B")),
        replace(BASIS, live_template=None),
        replace(BASIS, parameters={"Level": "WARN"}),
        replace(BASIS, live_parameters={"Level": "INFO", "TowpathApiLiveVersion": "2"}),
    ],
)
def test_the_digest_covers(other: Basis) -> None:
    assert plan(other).digest != plan().digest


def test_the_live_version_of_an_alias_is_no_permission() -> None:
    permission = {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "TowpathApiLiveVersion"}}}
    template = {"Resources": {"P": permission}}
    basis = replace(
        BASIS,
        proposed_template=template,
        live_template=template,
        live_parameters={"TowpathApiLiveVersion": "1"},
        parameters={},
    )
    assert plan(basis).decision is Decision.PASSED


def test_a_hidden_parameter_that_cannot_be_read_back_is_no_permission_change() -> None:
    template = {"Resources": {"P": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Principal": {"Ref": "Hidden"}}}}}
    basis = replace(
        BASIS,
        proposed_template=template,
        live_template=template,
        live_parameters={"Hidden": "****"},
        parameters={"Hidden": "value"},
    )
    assert plan(basis).decision is Decision.PASSED


def test_functions_that_nothing_rolls_out_are_named() -> None:
    assert switched_functions((function_change(),), set()) == ("Api",)
    assert switched_functions((function_change(),), {"Api"}) == ()
    assert switched_functions((function_change(after={"Code": {"S3Key": "a"}, "Timeout": 9}),), set()) == ()
    assert switched_functions((function_change(action=Action.ADD),), set()) == ()


class TestWhatTheChangeSetTells:
    """One template on both sides; who is let in stands in an SSM parameter or an export."""

    def basis(self, principal: Any, before: str, after: str) -> Basis:
        def policy(who: Any) -> dict[str, Any]:
            statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sns:Publish", "Resource": "*"}
            return {"Topics": ["t"], "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}

        document = {
            "Parameters": {"Reader": {"Type": "AWS::SSM::Parameter::Value<String>"}},
            "Resources": {"Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": policy(principal)}},
        }
        change = function_change(
            logical_id="Policy",
            resource_type="AWS::SNS::TopicPolicy",
            before=policy(self.root(before)),
            after=policy(self.root(after)),
        )
        return replace(
            BASIS,
            changes=(change,),
            proposed_template=document,
            live_template=document,
            parameters={"Reader": "/reader"},
            live_parameters={"Reader": "/reader"},
            resolved={"Reader": self.root(after)},
            live_resolved={"Reader": self.root(before)},
        )

    @staticmethod
    def root(account: str) -> str:
        return f"arn:aws:iam::{account}:root"

    @pytest.mark.parametrize("principal", [{"Ref": "Reader"}, {"Fn::ImportValue": "reader"}])
    def test_somebody_else_waits_for_approval_and_is_approved_for_this_value_only(self, principal: Any) -> None:
        one, two, three = ("1" * 12, "2" * 12, "3" * 12)
        assert plan(self.basis(principal, one, one)).decision is Decision.PASSED
        found = plan(self.basis(principal, one, two))
        assert found.decision is Decision.APPROVAL_NEEDED
        assert found.expansion == plan(self.basis(principal, one, two)).expansion
        assert found.expansion != plan(self.basis(principal, one, three)).expansion

    def test_a_made_up_name_counts_unless_the_resource_is_replaced(self) -> None:
        def bucket(resource: Any) -> dict[str, Any]:
            found = role("s3:GetObject")
            statement = found["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
            statement["Resource"] = resource
            return {"Resources": {**found["Resources"], "Bucket": {"Type": "AWS::S3::Bucket"}}}

        exact = bucket({"Fn::GetAtt": ["Bucket", "Arn"]})
        basis = replace(BASIS, live_template=bucket("arn:aws:s3:::app-*"), proposed_template=exact)
        named = replace(basis, names={"Bucket": "app-bucket-1x"})
        replaced = function_change(logical_id="Bucket", resource_type="AWS::S3::Bucket", replacement="True")
        assert plan(basis).decision is Decision.APPROVAL_NEEDED
        assert plan(named).decision is Decision.PASSED
        gates = plan(replace(named, changes=(replaced,))).gates
        assert [gate.verdict.is_passed for gate in gates if gate.gate == "privilege"] == [False]

    def test_everybody_behind_a_parameter_is_everybody(self) -> None:
        for before, after, passes in (("1" * 12, "*", False), ("*", "1" * 12, True)):
            basis = self.basis({"Ref": "Reader"}, before, after)
            values = {name: {"Reader": who if who == "*" else self.root(who)} for name, who in
                      (("resolved", after), ("live_resolved", before))}  # fmt: skip
            found = plan(replace(basis, changes=(), **values))
            assert (found.decision is Decision.PASSED) is passes

    def test_the_digest_covers_what_ssm_parameters_are_worth(self) -> None:
        basis = self.basis({"Ref": "Reader"}, "1" * 12, "2" * 12)
        assert plan(basis).digest != plan(replace(basis, resolved={"Reader": self.root("3" * 12)})).digest
