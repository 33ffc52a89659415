"""Uploading and approving exclude each other, and only signed requests reach the approval."""

from typing import Any

from tests.infrastructure.templates import Assembly, Template, actions_of, resources_of


def statements(pipeline: Template, name: str) -> list[dict[str, Any]]:
    return pipeline.properties("AWS::IAM::ManagedPolicy", ManagedPolicyName=name)["PolicyDocument"]["Statement"]


def actions(found: list[dict[str, Any]], effect: str) -> set[str]:
    return {action for item in found if item["Effect"] == effect for action in actions_of(item)}


def test_uploaders_upload_and_never_approve(pipeline: Template) -> None:
    found = statements(pipeline, "towpath-uploader")
    assert "s3:PutObject" in actions(found, "Allow")
    assert {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction", "states:SendTaskSuccess"} <= actions(found, "Deny")
    [denied] = [item for item in found if item["Effect"] == "Deny" and "lambda:InvokeFunction" in actions_of(item)]
    assert {resource.rsplit("function:", 1)[1] for resource in resources_of(denied)} == {
        "towpath-decide-approval",
        "towpath-decide-approval:*",
    }


def test_reviewers_approve_and_never_upload(pipeline: Template) -> None:
    found = statements(pipeline, "towpath-reviewer")
    assert {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction", "dynamodb:Query"} <= actions(found, "Allow")
    assert actions(found, "Deny") == {"s3:PutObject"}
    assert "states:SendTaskSuccess" not in actions(found, "Allow")


def test_operators_neither_upload_nor_approve(pipeline: Template) -> None:
    found = statements(pipeline, "towpath-operator")
    assert {"states:RedriveExecution", "states:StopExecution", "sqs:StartMessageMoveTask"} <= actions(found, "Allow")
    assert not {"s3:PutObject", "lambda:InvokeFunctionUrl", "states:SendTaskSuccess"} & actions(found, "Allow")


def test_the_approval_is_signed_and_on_a_published_version(pipeline: Template) -> None:
    [url] = pipeline.of_type("AWS::Lambda::Url").values()
    assert url["Properties"]["AuthType"] == "AWS_IAM"
    [alias] = pipeline.of_type("AWS::Lambda::Alias").values()
    assert url["Properties"]["Qualifier"] == alias["Properties"]["Name"] == "live"
    version = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
    assert version in pipeline.of_type("AWS::Lambda::Version")


def test_the_stack_says_where_things_are(pipeline: Template, plain: Assembly) -> None:
    wanted = {
        "ReleaseBucketName", "AssetBucketName", "LedgerTableName", "EventBusName", "ApprovalUrl", "PromoteReleaseArn",
        "PromoteToEnvironmentArn", "UploaderPolicyArn", "ReviewerPolicyArn", "OperatorPolicyArn",
    }  # fmt: skip
    assert set(pipeline.document["Outputs"]) == wanted
    assert set(plain.template("towpath-pipeline").document["Outputs"]) == wanted
