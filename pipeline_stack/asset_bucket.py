"""Where verified content lives: `assets/` for what environments deploy from, `documents/` for plans and manifests.

CloudFormation and Lambda read templates and code with an environment's own roles, possibly from another account.
"""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.buckets import AccessLogBucket, private_bucket, write_once
from pipeline_stack.interfaces import as_principal
from pipeline_stack.permission import permit
from pipeline_stack.props import EnvironmentProps

_BY_CONTENT = "A key ends in the hash of its content, which is not known before the release is."


class AssetBucket(Construct):
    """The asset bucket and who reads and writes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        logs: AccessLogBucket,
        environments: Sequence[EnvironmentProps],
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = private_bucket(self, "Bucket", name=name, logs=logs)
        self._name = name
        self._arn = names.bucket_arn(name)
        write_once(self.bucket, f"{self._arn}/{names.ASSETS}*")
        self._let_environments_read(environments)

    def permit_publishing_assets(self, role: iam.Role) -> None:
        """Let the role look for assets and store what is not there yet."""
        permit(role, ["s3:GetObject", "s3:PutObject"], [f"{self._arn}/{names.ASSETS}*"], wildcard=_BY_CONTENT)
        permit(role, ["s3:AbortMultipartUpload"], [f"{self._arn}/{names.ASSETS}*"], wildcard=_BY_CONTENT)
        permit(role, ["s3:ListBucket"], [self.bucket.bucket_arn])

    def permit_reading_assets(self, role: iam.Role) -> None:
        permit(role, ["s3:GetObject"], [f"{self._arn}/{names.ASSETS}*"], wildcard=_BY_CONTENT)
        permit(role, ["s3:ListBucket"], [self.bucket.bucket_arn])

    def permit_reading_documents(self, role: iam.Role | iam.ManagedPolicy) -> None:
        permit(role, ["s3:GetObject"], [f"{self._arn}/{names.DOCUMENTS}*"], wildcard=_BY_CONTENT)
        if isinstance(role, iam.Role):
            permit(role, ["s3:ListBucket"], [self.bucket.bucket_arn])

    def permit_writing_documents(self, role: iam.Role) -> None:
        permit(role, ["s3:PutObject"], [f"{self._arn}/{names.DOCUMENTS}*"], wildcard=_BY_CONTENT)

    def _let_environments_read(self, environments: Sequence[EnvironmentProps]) -> None:
        """Trust accounts, but only these roles in them: a bucket policy cannot name roles that do not exist yet."""
        roles = [
            names.role_arn(item.account, names.environment_role(item.name, role))
            for item in environments
            for role in ("deployment", "execution")
        ]
        accounts = sorted({item.account for item in environments if item.account})
        here = [as_principal(iam.AccountRootPrincipal())] if any(not item.account for item in environments) else []
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EnvironmentsReadAssets",
                principals=[*here, *(as_principal(iam.AccountPrincipal(account)) for account in accounts)],
                actions=["s3:GetObject"],
                resources=names.deployable(self._name),
                conditions={"ArnEquals": {"aws:PrincipalArn": roles}},
            )
        )
