"""SAM templates as they stand in a repository: unbuilt code, open parameters, loops, applications of others."""

from typing import Any

import pytest

from towpath.template.error import TemplateError
from towpath.template.loading import Template
from towpath.template.resolution import resolve
from towpath.template.sam_source import expand_sam_source

STAGE = {"Stage": {"Type": "String"}}
Json = dict[str, Any]


def source(resources: Json, **sections: Any) -> Template:
    return Template.from_document({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources, **sections})


def function(**properties: Any) -> Json:
    own = {"CodeUri": ".", "Handler": "a.b", "Runtime": "python3.12", **properties}
    return {"Type": "AWS::Serverless::Function", "Properties": own}


def test_a_parameter_that_the_translator_insists_on_stays_a_reference() -> None:
    name = {"Fn::Sub": "x-${Stage}-${AWS::Region}"}
    expanded = expand_sam_source(
        source({"F": function(AutoPublishAlias={"Ref": "Stage"}, FunctionName=name)}, Parameters=STAGE)
    )
    resources = expanded.section("Resources")
    (alias,) = [entry for entry in resources.values() if entry["Type"] == "AWS::Lambda::Alias"]
    assert alias["Properties"]["Name"] == {"Ref": "Stage"}
    assert resources["F"]["Properties"]["FunctionName"] == name
    resolved = resolve(expanded, {"Stage": "prod"})
    assert not resolved.problems
    assert str(resolved.resources["F"].properties["FunctionName"]).startswith("x-prod-")


def test_a_given_value_is_used() -> None:
    template = source({"F": function(AutoPublishAlias={"Ref": "Stage"})}, Parameters=STAGE)
    assert "FAliasprod" in expand_sam_source(template, {"Stage": "prod"}).section("Resources")


@pytest.mark.parametrize(
    "properties",
    [
        {"CodeUri": {"Fn::Sub": "s3://${AWS::AccountId}/code"}},
        {"CodeUri": {"Bucket": {"Ref": "Stage"}, "Key": "k"}},
        {"PackageType": "Image"},
    ],
)
def test_where_the_code_is_does_not_matter(properties: Json) -> None:
    entry = function(**properties)
    if "PackageType" in properties:
        entry["Properties"] = {**properties}
        entry["Metadata"] = {"Dockerfile": "Dockerfile", "DockerContext": "."}
    assert "FRole" in expand_sam_source(source({"F": entry}, Parameters=STAGE)).section("Resources")


def test_an_application_of_others_is_a_nested_stack() -> None:
    location = {"ApplicationId": "arn:aws:serverlessrepo:us-east-1:1:applications/x", "SemanticVersion": "1.0.0"}
    application = {"Type": "AWS::Serverless::Application", "Properties": {"Location": location}, "Condition": "C"}
    expanded = expand_sam_source(source({"A": application}, Conditions={"C": {"Fn::Equals": ["a", "a"]}}))
    found = resolve(expanded).resources["A"]
    assert found.type == "AWS::CloudFormation::Stack"
    assert found.properties["TemplateURL"] == f"serverlessrepo:{location['ApplicationId']}@1.0.0"


def test_loops_are_unrolled_first_and_open_ones_are_told_of() -> None:
    transforms = ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]
    loop = {"Fn::ForEach::Each": ["Name", ["A", "B"], {"F${Name}": function()}]}
    expanded = expand_sam_source(source(loop, Transform=transforms))
    assert {"FA", "FB", "FARole", "FBRole"} <= set(expanded.section("Resources"))
    names = {"Fn::ForEach::Each": ["Name", {"Ref": "Names"}, {"F${Name}": function()}], "G": function()}
    parameters = {"Names": {"Type": "CommaDelimitedList"}}
    expanded = expand_sam_source(source(names, Transform=transforms, Parameters=parameters))
    assert "GRole" in expanded.section("Resources")
    assert [problem.code for problem in resolve(expanded).problems] == ["template-loop"]
    given = expand_sam_source(source(names, Transform=transforms, Parameters=parameters), {"Names": "A, B"})
    assert {"FA", "FB", "GRole"} <= set(given.section("Resources"))


def test_what_cloudformation_would_refuse_is_refused() -> None:
    for resources in ({"F": function(AutoPublishAlias=["x"])}, {"A": {"Type": "AWS::Serverless::Api"}}):
        with pytest.raises(TemplateError, match="SAM transform"):
            expand_sam_source(source(resources))
