"""References whose meaning hangs on what a custom resource, a nested stack or a parameter gives."""

from typing import Any

import pytest

from towpath.privilege import Answer, Comparison, Contexts, compare_templates

ARN = "arn:aws:iam::{}:role/reader"


def trusting(principal: Any, **resources: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sqs:SendMessage", "Resource": "*"}
    policy = {"Queues": ["q"], "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {"Resources": {**resources, "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy}}}


def custom(kind: str, account: str, principal: Any) -> dict[str, Any]:
    found = {"Type": kind, "Properties": {"ServiceToken": "arn:aws:lambda:eu-west-1:1:function:f", "Account": account}}
    return trusting(principal, Finder=found)


ARN_OF = {"Fn::GetAtt": ["Finder", "Arn"]}
PRINCIPALS: list[Any] = [
    ARN_OF,
    {"Ref": "Finder"},
    {"Fn::Sub": "arn:aws:iam::${Finder.Account}:root"},
    {"Fn::Select": [1, {"Fn::Split": ["|", {"Fn::GetAtt": "Finder.Both"}]}]},
]


def compared(old: Any, new: Any, **given: Any) -> Comparison:
    return compare_templates(old, new, **given)


@pytest.mark.parametrize("kind", ["Custom::Finder", "AWS::CloudFormation::CustomResource"])
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_a_custom_resource_that_changed_may_give_something_else(kind: str, principal: Any) -> None:
    old, new = (custom(kind, account, principal) for account in ("first", "second"))
    found = compared(old, new)
    assert found.verdict is Answer.UNKNOWN, found
    assert {reason.code for reason in found.unknown} == {"privilege-known-after-apply"}
    assert compared(old, old).verdict is Answer.NO_EXPANSION


def test_what_the_change_set_knows_of_it_is_known() -> None:
    old, new = (custom("Custom::Finder", account, ARN_OF) for account in ("first", "second"))
    shown: dict[str, Any] = {
        "Policy": trusting(ARN.format("1" * 12))["Resources"]["Policy"]["Properties"],
        "Finder": {},
    }
    assert compared(old, new, contexts=Contexts(shown, shown)).verdict is Answer.NO_EXPANSION


def test_a_custom_resource_that_changed_and_is_not_used_for_access_is_nothing() -> None:
    old, new = (custom("Custom::Finder", account, ARN.format("1" * 12)) for account in ("first", "second"))
    assert compared(old, new).verdict is Answer.NO_EXPANSION


def test_an_output_of_a_nested_stack_is_what_its_template_says() -> None:
    def parent(url: str) -> dict[str, Any]:
        inner = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        return trusting({"Fn::GetAtt": "Inner.Outputs.Reader"}, Inner=inner)

    def child(account: str) -> dict[str, Any]:
        return {"Resources": {}, "Outputs": {"Reader": {"Value": ARN.format(account * 12)}}}

    old, new = parent("https://s3/one"), parent("https://s3/two")
    assert compared(old, new, nested={"one": child("1"), "two": child("1")}).verdict is Answer.NO_EXPANSION
    assert compared(old, new, nested={"one": child("1"), "two": child("2")}).verdict is Answer.UNKNOWN


def test_the_value_of_a_parameter_of_the_template_is_its_value() -> None:
    def stored(account: str) -> dict[str, Any]:
        parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": ARN.format(account * 12)}}
        return trusting({"Fn::GetAtt": "Stored.Value"}, Stored=parameter)

    assert compared(stored("1"), stored("1")).verdict is Answer.NO_EXPANSION
    assert compared(stored("1"), trusting(ARN.format("1" * 12))).verdict is Answer.NO_EXPANSION
    found = compared(stored("1"), stored("2"))
    assert found.verdict is Answer.EXPANSION
    assert "2" * 12 in str(found.findings[0].witness)
