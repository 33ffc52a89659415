"""Stacks for the privilege benchmark: roles whose statements reach different things, ten to a role."""

from __future__ import annotations

import copy
from typing import Any, Final

STATEMENTS_PER_ROLE: Final = 10
# Two actions that a statement has, one that widens it, and what it is about.
_ACCESS: Final = (
    ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "arn:aws:s3:::bucket-{n}/data/*"),
    ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/t-{n}"),
    ("sqs:SendMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:111122223333:queue-{n}"),
    ("sns:Publish", "sns:GetTopicAttributes", "sns:Subscribe", "arn:aws:sns:eu-west-1:111122223333:topic-{n}"),
    (
        "lambda:InvokeFunction",
        "lambda:GetFunction",
        "lambda:TagResource",
        "arn:aws:lambda:eu-west-1:111122223333:function:{n}",
    ),
)

Stack = dict[str, Any]


def stack(statements: int) -> Stack:
    """A template with this many statements, ten to a role."""
    roles = {f"Role{index}": _role(index) for index in range((statements - 1) // STATEMENTS_PER_ROLE + 1)}
    return {"Resources": roles}


def _role(index: int) -> Stack:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    first = index * STATEMENTS_PER_ROLE
    policy = {
        "PolicyName": "own",
        "PolicyDocument": _document(map(_statement, range(first, first + STATEMENTS_PER_ROLE))),
    }
    properties = {"RoleName": f"role-{index}", "AssumeRolePolicyDocument": _document([trust]), "Policies": [policy]}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _document(statements: Any) -> Stack:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _statement(number: int) -> Stack:
    first, second, _, resource = _ACCESS[number % len(_ACCESS)]
    return {"Sid": f"S{number}", "Effect": "Allow", "Action": [first, second], "Resource": resource.format(n=number)}


def widened(before: Stack, every: int) -> Stack:
    """The stack with one more action in each `every`-th statement."""
    after = copy.deepcopy(before)
    for role in after["Resources"].values():
        for number, statement in enumerate(role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]):
            if number % every == 0:
                statement["Action"].append(_ACCESS[number % len(_ACCESS)][2])
    return after
