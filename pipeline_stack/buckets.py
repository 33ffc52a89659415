"""What every bucket of the pipeline is: private, encrypted, TLS only, versioned, logged, kept when the stack goes."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pipeline_stack.interfaces import as_principal
from pipeline_stack.permission import acknowledge

_ABANDONED_UPLOAD_DAYS = 7
_REPLACED_DAYS = 30


class AccessLogBucket(Construct):
    """Receives the access logs of the other buckets, and drops them when they are old."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, retention_days: int) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(retention_days))],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        acknowledge(
            self.bucket,
            {"AwsSolutions-S1": "It holds access logs; logging its own accesses would never come to an end."},
        )


def write_once(bucket: s3.Bucket, keys_arn: str) -> None:
    """Refuse every upload below `keys_arn` that would write over an object.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html: parts of a multipart upload
    carry no condition; its completion does, and only that creates the object.
    """
    conditions = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
    deny_upload(bucket, "WriteOnce", keys_arn, conditions)


def deny_upload(bucket: s3.Bucket, sid: str, keys_arn: str, conditions: Mapping[str, Any]) -> None:
    """Deny putting objects below `keys_arn` to everybody, under conditions."""
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            effect=iam.Effect.DENY,
            principals=[as_principal(iam.StarPrincipal())],
            actions=["s3:PutObject"],
            resources=[keys_arn],
            conditions=conditions,
        )
    )


def private_bucket(scope: Construct, construct_id: str, *, name: str, logs: AccessLogBucket) -> s3.Bucket:
    """A bucket for content that must not be lost, read in public, or read without TLS."""
    return s3.Bucket(
        scope,
        construct_id,
        bucket_name=name,
        versioned=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        # S3's own keys: accounts of environments read assets without being let into a key's policy as well.
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        server_access_logs_bucket=logs.bucket,
        server_access_logs_prefix=f"{construct_id.lower()}/",
        lifecycle_rules=[
            s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=Duration.days(_ABANDONED_UPLOAD_DAYS),
                noncurrent_version_expiration=Duration.days(_REPLACED_DAYS),
            )
        ],
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
