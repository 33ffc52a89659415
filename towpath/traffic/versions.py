"""Which version of a function a stack has published: read off the stack's own resources.

The physical id of an AWS::Lambda::Version is the version's ARN, which ends in `:function:<name>:<number>`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
"""

from collections.abc import Iterable


def published_version(function: str, physical_ids: Iterable[str]) -> str:
    """The highest number of the function's versions among a stack's resources, "" when it has none.

    `function` is the function's name; old versions that the stack retains are no longer among its resources.
    """
    mark = f":function:{function}:"
    numbers = [identity.rpartition(":")[2] for identity in physical_ids if function and mark in identity]
    return max((number for number in numbers if number.isdecimal()), key=int, default="")
