"""The ledger: one table that is never lost by accident.

An item that may go some day carries `delete_after`, in seconds since 1970.
"""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack.permission import permit


class LedgerTable(Construct):
    """The table and who reads and writes it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="PK", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="SK", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="delete_after",
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )

    def permit_reading(self, role: iam.Role | iam.ManagedPolicy) -> None:
        permit(role, ["dynamodb:GetItem", "dynamodb:Query"], [self.table.table_arn])

    def permit_writing(self, role: iam.Role) -> None:
        """Reading and conditional writing, also in transactions, which are allowed by what they consist of."""
        self.permit_reading(role)
        permit(
            role,
            ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"],
            [self.table.table_arn],
        )
