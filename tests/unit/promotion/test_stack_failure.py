"""A stack that failed is told with CloudFormation's words and the way out for whoever can take it."""

import pytest

from towpath.promotion.stack_failure import stack_failed

DENIED = (
    'Policy: Resource handler returned message: "User: arn:aws:sts::1:assumed-role/towpath-preview-execution/X is not '
    'authorized to perform: iam:CreatePolicy on resource: policy p" (HandlerErrorCode: AccessDenied)'
)


@pytest.mark.parametrize(
    ("cause", "way_out"),
    [
        (DENIED, "execution_policies"),
        ("Logs: stepfunctions/StateMachine already exists in stack arn:aws:x", "${AWS::StackName}"),
        ("Table: (HandlerErrorCode: AlreadyExists)", "${AWS::StackName}"),
        ("Queue: the delay is too long.", "Correct what the reason names"),
        ("", "Correct what the reason names"),
    ],
)
def test_the_way_out_depends_on_the_cause(cause: str, way_out: str) -> None:
    reason = stack_failed("orders-staging", "ROLLBACK_COMPLETE", cause)
    assert way_out in reason.remedy
    assert cause.rstrip(".") in reason.message
    assert (reason.code, reason.where) == ("stack-failed", "orders-staging")


def test_what_was_found_and_what_to_do_are_two_sentences() -> None:
    for cause in ("the delay is too long", "the delay is too long."):
        said = str(stack_failed("orders", "ROLLBACK_COMPLETE", cause))
        assert "the stack is ROLLBACK_COMPLETE: the delay is too long. Correct" in said


def test_a_stack_that_is_gone_without_a_word() -> None:
    assert stack_failed("orders", "", "").message == "the stack is gone: CloudFormation gives no reason."
