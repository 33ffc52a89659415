"""Whose a stack is that was there before: taking one over is for a person to allow."""

import pytest

from towpath.review.gates import judge_adoption
from towpath.verdict import Outcome


@pytest.mark.parametrize(
    ("stack", "service", "exists", "deployed", "outcome"),
    [
        ("orders", "orders", False, False, Outcome.PASSED),
        ("orders", "orders", True, True, Outcome.PASSED),
        ("orders", "orders", True, False, Outcome.INCONCLUSIVE),
        # An administrator put the pipeline's own stack there; whoever else calls itself so gets no such favour.
        ("towpath-pipeline", "towpath", True, False, Outcome.PASSED),
        ("billing", "towpath", True, False, Outcome.INCONCLUSIVE),
        ("towpath-pipeline", "orders", True, False, Outcome.INCONCLUSIVE),
    ],
)
def test_a_stack_that_no_release_made_is_not_taken_over_unasked(
    stack: str, service: str, exists: bool, deployed: bool, outcome: Outcome
) -> None:
    verdict = judge_adoption(stack, service, exists=exists, deployed=deployed)
    assert verdict.outcome is outcome
    assert all(reason.remedy for reason in verdict.reasons)
