"""What a stack's failure means for the people who can do something about it: the service's team, or the platform's.

CloudFormation's own words come first. Two causes have a way out that those words do not name: an environment that does
not let releases do this, and a fixed physical name, which two environments in one account cannot both have.
"""

from typing import Final

from towpath.verdict import Reason

_PERMISSION: Final = ("is not authorized to perform", "AccessDenied", "not authorized")
_TAKEN: Final = ("already exists", "AlreadyExists")
_MORE_PERMISSION: Final = (
    "The environment does not let releases do this: whoever runs Towpath can allow it in the environment's "
    "execution_policies; otherwise release without it, as a new version."
)
_ANOTHER_NAME: Final = (
    "The name is fixed and taken, perhaps by another environment in the same account: leave the name out, or put "
    "${AWS::StackName} into it, and publish a new version."
)
_CORRECT: Final = "Correct what the reason names, and publish a new version."


def stack_failed(stack: str, status: str, cause: str) -> Reason:
    """The reason `stack-failed`; `status` is CloudFormation's and `cause` its words; empty: there are none."""
    words = cause.strip().rstrip(".") or "CloudFormation gives no reason"
    return Reason("stack-failed", f"the stack is {status or 'gone'}: {words}.", where=stack, remedy=_remedy(cause))


def _remedy(cause: str) -> str:
    if any(mark in cause for mark in _PERMISSION):
        return _MORE_PERMISSION
    if any(mark in cause for mark in _TAKEN):
        return _ANOTHER_NAME
    return _CORRECT
