"""One cause is told once, at the place that a person wrote, with the request that proves most."""

from typing import Any

from towpath.privilege import Comparison, FindingClass, Severity, compare_documents, compare_templates
from towpath.privilege.render.markdown import to_markdown
from towpath.privilege.render.text import to_text
from towpath.template.loading import load_template

SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Other:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.12, CodeUri: .}
  Hook:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.12
      CodeUri: .
      FunctionUrlConfig: {AuthType: AWS_IAM}
"""


def changed(before: str, after: str) -> Comparison:
    return compare_templates(
        load_template(SAM, name="old.yaml"), load_template(SAM.replace(before, after), name="new.yaml")
    )


def allow(**more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_public_url_and_its_permissions_are_one_finding_where_the_function_stands() -> None:
    (finding,) = changed("AuthType: AWS_IAM", "AuthType: NONE").findings
    assert finding.severity is Severity.CRITICAL
    assert finding.classes == (FindingClass.PUBLIC,)
    assert set(finding.reach.examples) == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    assert finding.headline.startswith("function ${Hook} newly has a URL without authentication")
    assert finding.location.place.position.line == 7


def test_another_permission_for_everybody_is_a_finding_of_its_own() -> None:
    permission = {"FunctionName": "hook", "Action": "lambda:InvokeFunction", "Principal": "*"}
    url = {"TargetFunctionArn": "hook", "AuthType": "NONE"}
    both = {
        "Open": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        "Url": {"Type": "AWS::Lambda::Url", "Properties": url},
    }
    found = compare_templates({"Resources": {}}, {"Resources": both})
    assert [item.grant for item in found.findings] == ["resource policy", "function URL"]


def test_what_sam_generates_stands_where_its_source_stands() -> None:
    more = (
        "CodeUri: .\n      Policies: [{Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}]\n      FunctionUrl"
    )
    (finding,) = changed("CodeUri: .\n      FunctionUrl", more).findings
    assert finding.location.place.path[:2] == ("Resources", "HookRole")
    assert finding.location.place.position.line == 7


def test_a_grant_without_actions_says_nothing_of_reach() -> None:
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}},
    }
    found = compare_templates({"Resources": {"Data": bucket}}, {"Resources": {"Data": {"Type": "AWS::S3::Bucket"}}})
    assert found.findings
    assert "reaches" not in to_text(found)
    assert "reaches" not in to_markdown(found)


def test_what_everybody_may_do_is_proved_by_somebody_who_is_not_signed_in() -> None:
    private = allow(Principal={"AWS": "arn:aws:iam::111122223333:root"})
    (finding,) = compare_documents(private, allow(Principal="*"), "resource").findings
    assert str(finding.witness).startswith("anybody")
    limited = allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})
    (finding,) = compare_documents(private, limited, "resource").findings
    assert "444455556666" in str(finding.witness)
