"""Lambda: permissions however the function is named, versions and aliases, layers, URLs."""

from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import READ, Json, answer, compared, resource, role, template

FUNCTION = resource("Lambda::Function", Code={}, Role={"Fn::GetAtt": ["Runner", "Arn"]})


def called(name: Any, code: str = "1", **more: Any) -> Json:
    given: Json = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", **more}
    return template(
        Runner=role(READ),
        Handler=FUNCTION,
        Call=resource("Lambda::Permission", FunctionName=name, **given),
        **{f"Version{code}": resource("Lambda::Version", FunctionName={"Ref": "Handler"})},
        Live=resource("Lambda::Alias", FunctionName={"Ref": "Handler"}, FunctionVersion="1", Name="live"),
    )


HERE = "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Ref": "Handler"}, {"Fn::GetAtt": ["Handler", "Arn"]}),
        ({"Ref": "Handler"}, {"Fn::Sub": HERE + "${Handler}"}),
        ({"Ref": "Live"}, {"Fn::Sub": HERE + "${Handler}:live"}),
        ({"Ref": "Live"}, {"Fn::Join": [":", [{"Ref": "Handler"}, "live"]]}),
    ],
)
def test_how_the_function_is_named_does_not_matter(one: Any, other: Any) -> None:
    assert answer(called(one), called(other)) == "NO_EXPANSION"
    assert answer(called(other), called(one)) == "NO_EXPANSION"


def test_another_qualifier_is_another_door() -> None:
    assert answer(called({"Ref": "Live"}), called({"Ref": "Handler"})) == "EXPANSION"


def test_a_new_version_is_no_expansion() -> None:
    assert answer(called({"Ref": "Version1"}), called({"Ref": "Version2"}, code="2")) == "NO_EXPANSION"


def test_a_wider_path_is_an_expansion() -> None:
    source = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    narrow = called(
        {"Ref": "Handler"}, **source, SourceArn="arn:aws:execute-api:us-east-1:111122223333:a/*/POST/orders"
    )
    wide = called({"Ref": "Handler"}, **source, SourceArn="arn:aws:execute-api:us-east-1:111122223333:a/*/POST/*")
    (finding,) = compared(narrow, wide).findings
    assert finding.subject == "function ${Handler}"
    assert answer(wide, narrow) == "NO_EXPANSION"


def test_a_layer_that_others_may_use() -> None:
    def shared(*accounts: str) -> Json:
        layer = {"Ref": "Layer"}
        permissions = {
            f"P{account}": resource(
                "Lambda::LayerVersionPermission",
                LayerVersionArn=layer,
                Action="lambda:GetLayerVersion",
                Principal=account,
            )
            for account in accounts
        }
        return template(Layer=resource("Lambda::LayerVersion", Content={}), **permissions)

    assert answer(shared("111122223333"), shared("111122223333", "444455556666")) == "EXPANSION"
    assert answer(shared("111122223333", "444455556666"), shared("444455556666")) == "NO_EXPANSION"


def acting(name: Any, **more: Json) -> Json:
    function = resource("Lambda::Function", Code={}, Role=name)
    return template(Handler=function, Reader=role(READ), Both=role(READ, {**READ, "Action": "s3:*"}), **more)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (acting({"Fn::GetAtt": ["Both", "Arn"]}), "EXPANSION"),
        (acting("arn:aws:iam::111122223333:role/other"), "UNKNOWN"),
        (acting({"Fn::GetAtt": ["Reader", "Arn"]}), "NO_EXPANSION"),
    ],
)
def test_the_role_of_a_function(new: Json, expected: str) -> None:
    assert answer(acting({"Fn::GetAtt": ["Reader", "Arn"]}), new) == expected


def test_a_swap_names_the_function_both_roles_and_a_request() -> None:
    (finding,) = compared(acting({"Fn::GetAtt": ["Reader", "Arn"]}), acting({"Fn::GetAtt": ["Both", "Arn"]})).findings
    assert finding.subject == "function ${Handler}"
    assert finding.grant == "execution role"
    assert "role ${Both} instead of role ${Reader}" in finding.title
    assert finding.location.place.path == ("Resources", "Handler", "Properties", "Role")


def test_a_narrower_role_is_no_expansion() -> None:
    both, reader = ({"Fn::GetAtt": [name, "Arn"]} for name in ("Both", "Reader"))
    assert answer(acting(both), acting(reader)) == "NO_EXPANSION"


def test_an_instance_profile_stands_for_its_roles() -> None:
    def machine(name: str) -> Json:
        return template(
            Reader=role(READ),
            Both=role(READ, {**READ, "Action": "s3:*"}),
            Profile=resource("IAM::InstanceProfile", Roles=[{"Ref": name}]),
            Machine=resource("EC2::Instance", IamInstanceProfile={"Ref": "Profile"}),
        )

    assert answer(machine("Reader"), machine("Both")) == "EXPANSION"
    assert answer(machine("Both"), machine("Reader")) == "NO_EXPANSION"


def test_a_role_that_may_nothing_gives_nothing_whatever_the_former_was() -> None:
    def function(*statements: Json, acts_with: Any) -> Json:
        return template(Own=role(*statements), F=resource("Lambda::Function", FunctionName="f", Role=acts_with))

    theirs, own = "arn:aws:iam::111122223333:role/theirs", {"Fn::GetAtt": ["Own", "Arn"]}
    assert answer(function(acts_with=theirs), function(acts_with=own)) == "NO_EXPANSION"
    assert answer(function(READ, acts_with=theirs), function(READ, acts_with=own)) == "UNKNOWN"
