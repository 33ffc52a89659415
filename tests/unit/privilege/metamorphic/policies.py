"""Random policy documents as people write them: real actions, ARNs and context keys, every family of operators.

Documents come with lists wherever a list may stand, so that rewrites need to know one form only. The generator is the
standard library's, so that a number names the same document on every machine.
"""

import random
from typing import Any, Final

Json = dict[str, Any]
KINDS: Final = ("identity", "resource", "trust", "boundary")

ACTIONS: Final = (
    "s3:GetObject", "s3:PutObject", "s3:Get*", "s3:List*", "s3:*", "s3:DeleteObject",
    "dynamodb:GetItem", "dynamodb:*Item", "dynamodb:Batch*", "sqs:SendMessage", "sqs:*", "sns:Publish",
    "kms:Decrypt", "kms:GenerateDataKey*", "iam:PassRole", "iam:Get*", "lambda:InvokeFunction", "lambda:?etFunction",
    "ec2:Describe*", "ec2:RunInstances", "logs:CreateLog*", "secretsmanager:GetSecretValue", "ssm:GetParameter*",
)  # fmt: skip
TRUST_ACTIONS: Final = (
    "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML", "sts:*", "sts:AssumeRole*",
)  # fmt: skip
RESOURCES: Final = (
    "*", "arn:aws:s3:::data", "arn:aws:s3:::data/*", "arn:aws:s3:::data/logs/*", "arn:aws:s3:::data-??/*",
    "arn:aws:s3:::*/public/*", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
    "arn:aws:dynamodb:*:111122223333:table/*", "arn:aws:sqs:eu-west-1:111122223333:jobs-*",
    "arn:aws:kms:*:*:key/*", "arn:aws:iam::111122223333:role/app-*", "arn:aws:lambda:*:111122223333:function:*:live",
    "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/*:*", "arn:aws:ec2:*:*:instance/*",
)  # fmt: skip
OWN_RESOURCES: Final = (
    "arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::team-${aws:PrincipalTag/team, 'none'}/*",
)  # fmt: skip
PRINCIPALS: Final[tuple[Json, ...]] = (
    {"AWS": ["arn:aws:iam::111122223333:root"]},
    {"AWS": ["444455556666"]},
    {"AWS": ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::444455556666:user/ann"]},
    {"AWS": ["arn:aws:sts::111122223333:assumed-role/app/session"]},
    {"Service": ["lambda.amazonaws.com"]},
    {"Service": ["events.amazonaws.com", "sns.amazonaws.com"], "AWS": ["777788889999"]},
    {"Federated": ["cognito-identity.amazonaws.com"]},
    {"AWS": ["*"]},
)
CONDITIONS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("StringEquals", "aws:PrincipalOrgID", ("o-abc123", "o-def456")),
    ("StringEquals", "aws:RequestedRegion", ("eu-west-1", "eu-central-1", "us-east-1")),
    ("StringLike", "aws:PrincipalTag/team", ("red*", "blue", "*")),
    ("StringEqualsIgnoreCase", "aws:PrincipalTag/stage", ("Prod", "test")),
    ("StringNotEquals", "aws:SourceVpce", ("vpce-1a2b3c4d", "vpce-5e6f7a8b")),
    ("StringNotLike", "aws:userid", ("AROAEXAMPLE:*", "111122223333")),
    ("StringEquals", "aws:ResourceTag/team", ("${aws:PrincipalTag/team}",)),
    ("StringLike", "s3:prefix", ("", "home/", "home/${aws:username}/*")),
    ("StringEquals", "kms:ViaService", ("s3.eu-west-1.amazonaws.com",)),
    ("StringEqualsIfExists", "iam:PassedToService", ("lambda.amazonaws.com",)),
    ("ArnLike", "aws:SourceArn", ("arn:aws:sns:*:111122223333:topic", "arn:aws:s3:::data")),
    ("ArnEquals", "aws:PrincipalArn", ("arn:aws:iam::111122223333:role/app-*",)),
    ("ArnNotLike", "aws:PrincipalArn", ("arn:aws:iam::111122223333:role/admin", "arn:aws:iam::*:role/ci-*")),
    ("NumericLessThanEquals", "s3:max-keys", ("10", "100")),
    ("NumericGreaterThan", "aws:MultiFactorAuthAge", ("3600",)),
    ("NumericEquals", "ec2:VolumeSize", ("8", "16")),
    ("DateLessThan", "aws:CurrentTime", ("2027-01-01T00:00:00Z",)),
    ("DateGreaterThanEquals", "aws:TokenIssueTime", ("2026-06-01T00:00:00Z",)),
    ("Bool", "aws:SecureTransport", ("true",)),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ("false",)),
    ("IpAddress", "aws:SourceIp", ("203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32")),
    ("NotIpAddress", "aws:SourceIp", ("192.0.2.0/24", "198.51.100.7/32")),
    ("Null", "aws:TokenIssueTime", ("true",)),
    ("Null", "aws:RequestTag/owner", ("false",)),
    ("BinaryEquals", "example:blob", ("QmluYXJ5",)),
    ("ForAllValues:StringEquals", "aws:TagKeys", ("team", "owner", "stage")),
    ("ForAnyValue:StringLike", "aws:TagKeys", ("cost-*", "owner")),
    ("ForAllValues:StringLike", "dynamodb:LeadingKeys", ("${aws:username}", "shared-*")),
    ("ForAnyValue:StringNotEquals", "aws:CalledVia", ("cloudformation.amazonaws.com",)),
)
DATES: Final = {"2027-01-01T00:00:00Z": "1798761600", "2026-06-01T00:00:00Z": "1780272000"}


def some_policy(chance: random.Random, kind: str = "identity") -> Json:
    """A document of one to five statements; a boundary is written like an identity policy."""
    count = chance.choice((1, 1, 2, 2, 3, 4, 5))
    statements = [_statement(chance, kind, first=index == 0) for index in range(count)]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(chance: random.Random, kind: str, *, first: bool) -> Json:
    found: Json = {"Effect": "Allow" if first or chance.random() < 0.75 else "Deny"}
    if kind in {"resource", "trust"}:
        negated = found["Effect"] == "Deny" and kind == "resource" and chance.random() < 0.2
        found["NotPrincipal" if negated else "Principal"] = _principal(chance, everybody=not negated)
    actions = TRUST_ACTIONS if kind == "trust" else ACTIONS
    found["NotAction" if chance.random() < 0.08 else "Action"] = chance.sample(actions, chance.randint(1, 3))
    if kind != "trust":
        variables = OWN_RESOURCES if chance.random() < 0.15 else ()
        chosen = chance.sample((*RESOURCES, *variables, *variables), chance.randint(1, 3))
        found["NotResource" if chance.random() < 0.08 else "Resource"] = list(dict.fromkeys(chosen))
    if chance.random() < 0.55:
        found["Condition"] = some_condition(chance)
    return found


def _principal(chance: random.Random, *, everybody: bool) -> Json | str:
    if everybody and chance.random() < 0.15:
        return "*"
    return {name: list(values) for name, values in chance.choice(PRINCIPALS[: None if everybody else -1]).items()}


def some_condition(chance: random.Random) -> Json:
    """A `Condition` block of one or two lines."""
    block: Json = {}
    for operator, key, values in chance.sample(CONDITIONS, chance.choice((1, 1, 2))):
        if any(key in keys for keys in block.values()):
            continue
        chosen = chance.sample(values, chance.randint(1, len(values)))
        block.setdefault(operator, {})[key] = chosen
    return block
