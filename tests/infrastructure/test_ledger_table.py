"""The ledger is not lost: not by accident, not by a deletion of the stack, not by a wrong write."""

from tests.infrastructure.templates import Template


def test_the_ledger_can_be_restored_and_is_kept(pipeline: Template) -> None:
    [table] = pipeline.of_type("AWS::DynamoDB::Table").values()
    properties = table["Properties"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert [item["AttributeName"] for item in properties["KeySchema"]] == ["PK", "SK"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
