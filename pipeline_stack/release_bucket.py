"""Where releases are uploaded: each key is written once, by those who may upload and never by those who may approve.

An object under `releases/` starts a promotion through EventBridge."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.buckets import AccessLogBucket, deny_upload, private_bucket, write_once
from pipeline_stack.interfaces import as_principal
from pipeline_stack.permission import permit
from pipeline_stack.principals import accounts_of, patterns_of


class ReleaseBucket(Construct):
    """The release bucket and its policy."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        logs: AccessLogBucket,
        uploaders: Sequence[str],
        approvers: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = private_bucket(self, "Bucket", name=name, logs=logs)
        self.releases_arn = f"{names.bucket_arn(name)}/{names.RELEASES}*"
        self._announce_uploads()
        write_once(self.bucket, self.releases_arn)
        if approvers:
            approver = {"ArnLike": {"aws:PrincipalArn": patterns_of(approvers)}}
            deny_upload(self.bucket, "ApproversNeverUpload", self.releases_arn, approver)
        if uploaders:
            anybody_else = {"ArnNotLike": {"aws:PrincipalArn": patterns_of(uploaders)}}
            deny_upload(self.bucket, "OnlyUploaders", self.releases_arn, anybody_else)
            self._allow_uploaders(uploaders)

    def permit_reading(self, role: iam.Role) -> None:
        """Let the role read what was uploaded, in the version that the upload's event names."""
        permit(
            role,
            ["s3:GetObject", "s3:GetObjectVersion"],
            [self.releases_arn],
            wildcard="Service and version are part of the key; every upload below the prefix has to be read.",
        )
        # Without it a missing object answers 403, which cannot be told from a missing permission.
        permit(role, ["s3:ListBucket"], [self.bucket.bucket_arn])

    def _announce_uploads(self) -> None:
        """Turn EventBridge on by property: the construct library would add a custom resource for it."""
        resource = self.bucket.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError(f"{self.bucket.node.path} has no AWS::S3::Bucket")
        resource.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)

    def _allow_uploaders(self, uploaders: Sequence[str]) -> None:
        """Needed by uploaders of other accounts; those of this account need their own policy to allow it too."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="UploadersMayUpload",
                principals=[as_principal(iam.AccountPrincipal(account)) for account in accounts_of(uploaders)],
                actions=["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
                resources=[self.releases_arn],
                conditions={"ArnLike": {"aws:PrincipalArn": patterns_of(uploaders)}},
            )
        )
