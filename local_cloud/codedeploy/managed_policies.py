"""The AWS managed policies for CodeDeploy's service role on Lambda, as tools (CDK, SAM) attach them.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambda.html and
AWSCodeDeployRoleForLambdaLimited.html.
"""

from __future__ import annotations

import json
from typing import Any

from local_cloud.service_role import ministack

_ALIASES = [
    "cloudwatch:DescribeAlarms",
    "lambda:UpdateAlias",
    "lambda:GetAlias",
    "lambda:GetProvisionedConcurrencyConfig",
]


def seed() -> None:
    """Make them known, now and after each reset."""
    iam = ministack("services.iam")
    stock = iam._seed_aws_managed_policies

    def with_ours() -> None:
        stock()
        for name, document in _documents().items():
            record = iam._make_aws_managed_record(f"service-role/{name}", json.dumps(document))
            iam._aws_managed_policies[record["Arn"]] = record

    iam._seed_aws_managed_policies = with_ours
    with_ours()


def _documents() -> dict[str, dict[str, Any]]:
    return {
        "AWSCodeDeployRoleForLambda": _document([*_ALIASES, "sns:Publish"]),
        "AWSCodeDeployRoleForLambdaLimited": _document(_ALIASES),
    }


def _document(everywhere: list[str]) -> dict[str, Any]:
    read = ["s3:GetObject", "s3:GetObjectVersion"]
    tagged = {"StringEquals": {"s3:ExistingObjectTag/UseWithCodeDeploy": "true"}}
    hooks = "arn:aws:lambda:*:*:function:CodeDeployHook_*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": everywhere, "Resource": "*"},
            {"Effect": "Allow", "Action": read, "Resource": "arn:aws:s3:::*/CodeDeploy/*"},
            {"Effect": "Allow", "Action": read, "Resource": "*", "Condition": tagged},
            {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": hooks},
        ],
    }
