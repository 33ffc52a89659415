"""Releases and assets are written once, over TLS, by those who may, and never in public."""

from typing import Any

import pytest

from tests.infrastructure.templates import Assembly, Template, actions_of, resources_of

RELEASES = "arn:<AWS::Partition>:s3:::towpath-releases-111111111111-eu-west-1/releases/*"
ASSETS = "arn:<AWS::Partition>:s3:::towpath-assets-111111111111-eu-west-1/assets/*"


def policy_of(template: Template, construct: str) -> dict[str, dict[str, Any]]:
    """The statements of a bucket's policy by their Sid, or by their action."""
    [bucket] = [name for name in template.of_type("AWS::S3::Bucket") if name.startswith(construct)]
    policy = template.properties("AWS::S3::BucketPolicy", Bucket={"Ref": bucket})
    return {item.get("Sid", item["Action"]): item for item in policy["PolicyDocument"]["Statement"]}


@pytest.mark.parametrize(("construct", "keys"), [("Releases", RELEASES), ("Assets", ASSETS)])
def test_a_key_is_written_once(pipeline: Template, construct: str, keys: str) -> None:
    statement = policy_of(pipeline, construct)["WriteOnce"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert actions_of(statement) == ["s3:PutObject"]
    assert resources_of(statement) == [keys]
    assert statement["Condition"] == {
        "Null": {"s3:if-none-match": "true"},
        "Bool": {"s3:ObjectCreationOperation": "true"},
    }


def test_approvers_never_upload_and_only_uploaders_do(pipeline: Template) -> None:
    statements = policy_of(pipeline, "Releases")
    approvers, others = statements["ApproversNeverUpload"], statements["OnlyUploaders"]
    assert {approvers["Effect"], others["Effect"]} == {"Deny"}
    assert resources_of(approvers) == resources_of(others) == [RELEASES]
    assert approvers["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::111111111111:role/ReleaseReviewer"]}
    }
    assert others["Condition"] == {
        "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::111111111111:role/ReleaseUploader"]}
    }


def test_without_named_people_only_the_key_rule_remains(plain: Assembly) -> None:
    statements = policy_of(plain.template("towpath-pipeline"), "Releases")
    assert {"WriteOnce"} == {sid for sid in statements if sid in ("WriteOnce", "ApproversNeverUpload", "OnlyUploaders")}


def test_environments_read_assets_with_their_own_two_roles(pipeline: Template) -> None:
    statement = policy_of(pipeline, "Assets")["EnvironmentsReadAssets"]
    assert actions_of(statement) == ["s3:GetObject"]
    assert all("/documents/plan" not in resource for resource in resources_of(statement))
    roles = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    assert len(roles) == 8
    assert all(str(role).count("*") == 0 for role in roles)


def test_every_bucket_is_private_encrypted_and_kept(assembly: Assembly, plain: Assembly) -> None:
    for template in (assembly.template("towpath-pipeline"), plain.template("towpath-pipeline")):
        for resource in template.of_type("AWS::S3::Bucket").values():
            assert set(resource["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
            assert "BucketEncryption" in resource["Properties"]
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
            assert resource["UpdateReplacePolicy"] == "Retain"
        for resource in template.of_type("AWS::S3::BucketPolicy").values():
            denied = [
                item
                for item in resource["Properties"]["PolicyDocument"]["Statement"]
                if item["Effect"] == "Deny" and item.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            ]
            assert [item["Action"] for item in denied] == ["s3:*"]


def test_uploads_are_announced_without_a_custom_resource(pipeline: Template) -> None:
    [releases] = [item for name, item in pipeline.of_type("AWS::S3::Bucket").items() if name.startswith("Releases")]
    assert releases["Properties"]["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    assert releases["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    types = {item["Type"] for item in pipeline.document["Resources"].values()}
    assert not [name for name in types if name.startswith("Custom::") or "CustomResource" in name]
