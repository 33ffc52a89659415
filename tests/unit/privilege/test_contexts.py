"""What a change set tells of values that two templates leave open, and what it changes in their comparison."""

from typing import Any

import pytest

from towpath.privilege import Answer, Contexts, compare_templates, told_differences
from towpath.privilege.unification import fits
from towpath.template.pseudo import PseudoParameters
from towpath.template.value import Either, Symbol, SymbolKind, text_of

LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"
ARN = "arn:aws:iam::{}:role/reader"


def topic_policy(principal: Any, action: str = "sns:Publish") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {"Topics": ["arn:aws:sns:eu-west-1:111111111111:t"], "PolicyDocument": document},
    }


def shown(principal: Any) -> dict[str, Any]:
    return {"Policy": topic_policy(principal)["Properties"]}


def template(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Resources": {"Policy": topic_policy(principal), **more.pop("Resources", {})}, **more}


def answer(old: Any, new: Any, contexts: Contexts | None = None, **given: Any) -> Answer:
    return compare_templates(old, new, contexts=contexts, **given).verdict


SSM: dict[str, Any] = {"Parameters": {"Reader": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/reader"}}}
FINDER: dict[str, Any] = {"Resources": {"Finder": {"Type": "Custom::Finder"}}}
IMPORTED = template({"Fn::ImportValue": "reader"})
FOUND = template({"Fn::GetAtt": ["Finder", "Arn"]}, **FINDER)
OPEN = {
    "an SSM parameter behind a parameter": template({"Ref": "Reader"}, **SSM),
    "an imported value": IMPORTED,
    "a dynamic reference": template("{{resolve:ssm:/reader}}"),
    "an attribute of a custom resource": FOUND,
}
each_open = pytest.mark.parametrize("same", OPEN.values(), ids=OPEN.keys())


@each_open
def test_the_same_template_allows_somebody_else_when_the_change_set_says_so(same: dict[str, Any]) -> None:
    before, after = shown(ARN.format(111111111111)), shown(ARN.format(222222222222))
    assert answer(same, same) is Answer.NO_EXPANSION
    found = compare_templates(same, same, contexts=Contexts(before, after))
    assert found.verdict is Answer.EXPANSION
    assert "222222222222" in str(found.findings[0].witness)
    assert answer(same, same, Contexts(before, before)) is Answer.NO_EXPANSION


@each_open
def test_a_value_written_out_is_the_value_that_stood_behind_a_reference(same: dict[str, Any]) -> None:
    literal = {**same, "Resources": {**same["Resources"], "Policy": topic_policy(ARN.format(111111111111))}}
    known = shown(ARN.format(111111111111))
    assert answer(same, literal) is not Answer.NO_EXPANSION
    assert answer(same, literal, Contexts(known, known)) is Answer.NO_EXPANSION


def test_what_an_import_or_a_custom_resource_gives_only_after_applying_is_not_known() -> None:
    for document in (IMPORTED, FOUND):
        contexts = Contexts(shown(ARN.format(111111111111)), shown(LATER))
        found = compare_templates(document, document, contexts=contexts)
        assert found.verdict is Answer.UNKNOWN
        assert [reason.code for reason in found.unknown] == ["privilege-known-after-apply"]


def test_an_ordinary_resource_that_may_be_replaced_is_still_the_same_thing() -> None:
    role: dict[str, Any] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}
    same = template({"Fn::GetAtt": ["Role", "Arn"]}, Resources={"Role": role})
    assert answer(same, same, Contexts(shown(ARN.format(1)), shown(LATER))) is Answer.NO_EXPANSION


def test_a_resource_that_is_not_listed_keeps_its_values() -> None:
    old = template({"Fn::ImportValue": "reader"})
    other = {**topic_policy({"Fn::ImportValue": "reader"})}
    other["Properties"] = {**other["Properties"], "Topics": ["arn:aws:sns:eu-west-1:111111111111:u"]}
    new = {"Resources": {**old["Resources"], "Second": other}}
    contexts = Contexts({}, {"Second": {**other["Properties"], **shown(ARN.format(111111111111))["Policy"]}})
    found = compare_templates(old, new, contexts=contexts)
    assert [item.subject for item in found.findings] == ["topic u"]
    assert not found.unknown


def test_a_value_that_only_one_side_tells_of_a_changed_resource_stays_a_reference() -> None:
    same = template({"Fn::ImportValue": "reader"})
    contexts = Contexts({"Policy": {}}, shown(ARN.format(111111111111)))
    assert answer(same, same, contexts) is Answer.NO_EXPANSION


def test_the_value_of_an_ssm_parameter_decides_conditions() -> None:
    document = {
        **template({"Fn::If": ["IsOwn", ARN.format(111111111111), "*"]}),
        "Parameters": {"Stage": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/stage"}},
        "Conditions": {"IsOwn": {"Fn::Equals": [{"Ref": "Stage"}, "own"]}},
    }
    own, public = {"Stage": "own"}, {"Stage": "public"}
    assert answer(document, document) is Answer.NO_EXPANSION
    assert answer(document, document, Contexts(old_values=own, new_values=own)) is Answer.NO_EXPANSION
    assert answer(document, document, Contexts(old_values=own, new_values=public)) is Answer.EXPANSION
    assert answer(document, document, Contexts(old_values=public, new_values=own)) is Answer.NO_EXPANSION


def test_a_list_behind_a_parameter_is_a_list() -> None:
    kind = "AWS::SSM::Parameter::Value<CommaDelimitedList>"
    document = template({"Ref": "All"}, Parameters={"All": {"Type": kind, "Default": "/all"}})
    one, two = (",".join(ARN.format(str(digit) * 12) for digit in digits) for digits in ((1,), (1, 2)))
    assert answer(document, document, Contexts(old_values={"All": two}, new_values={"All": one})) is Answer.NO_EXPANSION
    assert answer(document, document, Contexts(old_values={"All": one}, new_values={"All": two})) is Answer.EXPANSION


class TestNames:
    """Names that CloudFormation made up are the physical ids of the resources that stay."""

    names = Contexts(names={"Bucket": "app-bucket-1x", "Role": "app-Role-1x"})

    def template(self, resource: Any, *, attached: bool = False, **more: Any) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
        policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
        role: dict[str, Any] = {"AssumeRolePolicyDocument": {"Statement": []}}
        found: dict[str, Any] = {"Bucket": {"Type": "AWS::S3::Bucket"}, **more}
        if attached:
            found["Policy"] = {"Type": "AWS::IAM::Policy", "Properties": {**policy, "Roles": [{"Ref": "Role"}]}}
        else:
            role["Policies"] = [policy]
        return {"Resources": {**found, "Role": {"Type": "AWS::IAM::Role", "Properties": role}}}

    def test_a_reference_is_within_a_wildcard_over_the_name(self) -> None:
        wild = self.template("arn:aws:s3:::app-*/*")
        exact = self.template({"Fn::Sub": "${Bucket.Arn}/*"})
        assert answer(wild, exact) is Answer.EXPANSION
        assert answer(wild, exact, self.names) is Answer.NO_EXPANSION
        assert answer(exact, wild, self.names) is Answer.EXPANSION

    def test_a_literal_name_is_the_resource(self) -> None:
        literal, exact = (self.template(name) for name in ("arn:aws:s3:::app-bucket-1x", {"Fn::GetAtt": "Bucket.Arn"}))
        for pair in ((literal, exact), (exact, literal)):
            assert answer(*pair, self.names) is Answer.NO_EXPANSION

    def test_policies_of_one_role_still_add_up(self) -> None:
        inline, attached = (self.template("arn:aws:s3:::x/*", attached=attached) for attached in (False, True))
        assert answer(inline, attached, self.names) is Answer.NO_EXPANSION
        assert answer(attached, inline, self.names) is Answer.NO_EXPANSION
        (finding,) = compare_templates(inline, self.template("*"), contexts=self.names).findings
        assert finding.subject == "role app-Role-1x"

    @pytest.mark.parametrize(
        ("kind", "reference", "physical", "arn"),
        [
            ("AWS::SNS::Topic", {"Ref": "It"}, "arn:aws:sns:eu-west-1:111111111111:t", "arn:aws:sns:{}:t"),
            ("AWS::SQS::Queue", {"Fn::GetAtt": "It.Arn"}, "https://sqs.aws/111111111111/q", "arn:aws:sqs:{}:q"),
            ("AWS::DynamoDB::Table", {"Fn::GetAtt": "It.Arn"}, "x", "arn:aws:dynamodb:{}:table/x"),
        ],
    )
    def test_the_name_is_the_last_part_of_an_arn_or_address(
        self, kind: str, reference: Any, physical: str, arn: str
    ) -> None:
        written, literal = (
            self.template(name, It={"Type": kind}) for name in (reference, arn.format("eu-west-1:111111111111"))
        )
        place = PseudoParameters(account_id="1" * 12, region="eu-west-1")
        for pair in ((written, literal), (literal, written)):
            assert answer(*pair, Contexts(names={"It": physical}), pseudo=place) is Answer.NO_EXPANSION
            assert answer(*pair, Contexts(), pseudo=place) is Answer.EXPANSION


def nested(principal: str) -> dict[str, Any]:
    return {"Resources": {}, "Outputs": {"Reader": {"Value": principal}}}


def test_an_output_of_a_nested_stack_is_known_by_its_templates() -> None:
    def parent(url: str) -> dict[str, Any]:
        inner = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        return template({"Fn::GetAtt": ["Inner", "Outputs.Reader"]}, Resources={"Inner": inner})

    old, new = parent("https://s3/one"), parent("https://s3/two")
    before: dict[str, Any] = {**shown(ARN.format(111111111111)), "Inner": {}}
    contexts = Contexts(before, {**shown(LATER), "Inner": {}})
    same = {"one": nested(ARN.format(111111111111)), "two": nested(ARN.format(111111111111))}
    assert answer(old, new, contexts, nested=same) is Answer.NO_EXPANSION
    other = {**same, "two": nested(ARN.format(222222222222))}
    assert answer(old, new, contexts, nested=other) is Answer.UNKNOWN


def test_hidden_values_are_not_taken_for_what_they_hide() -> None:
    literal = template("****")
    same = template({"Fn::ImportValue": "reader"})
    assert answer(same, literal, Contexts(shown("****"), shown("****"))) is not Answer.NO_EXPANSION


def test_differences_name_what_stands_for_something_else() -> None:
    same = IMPORTED
    contexts = Contexts(shown(ARN.format(1)), shown(ARN.format(2)))
    assert told_differences(same, same, contexts) == (('Fn::ImportValue("reader")', ARN.format(1), ARN.format(2)),)
    assert told_differences(same, same, Contexts(shown("a"), shown("a"))) == ()


A, B = (Symbol(f"${{{name}}}", SymbolKind.RESOURCE) for name in "AB")


@pytest.mark.parametrize(
    ("value", "found", "pairs"),
    [
        (A, "x", [(A, "x")]),
        (text_of(["arn:", A, "/*"]), "arn:x/*", [(A, "x")]),
        (text_of(["arn:", A, "/*"]), "other", None),
        (text_of([A, ":", B]), "x:y", [(A, "x"), (B, "y")]),
        (text_of([A, ":", B]), "x:y:z", []),
        (text_of([A, B]), "xy", []),
        ({"k": A, "n": 1}, {"k": "x", "n": "1", "more": 2}, [(A, "x")]),
        ({"k": A, "n": 1}, {"k": "x", "n": "2"}, None),
        (["first", A], ["x", "first"], None),
        ([A], ["x", "y"], []),
        (["a"], ["x", "y"], None),
        (Either("C", "known", A), "x", [(A, "x")]),
        (Either("C", B, A), "x", []),
        (text_of(["arn:", A]), LATER, [(A, LATER)]),
        ({"k": True}, {"k": "true"}, []),
    ],
)
def test_a_value_fits_what_is_shown_in_one_way_or_tells_nothing(value: Any, found: Any, pairs: Any) -> None:
    assert fits(value, found) == pairs
