"""Gates: what their verdicts mean for a promotion under an environment's settings."""

import itertools

import pytest

from towpath.review.gates import (
    Decision,
    GateResult,
    Otherwise,
    decide,
    judge_replacements,
)
from towpath.review.infrastructure import Kind, ResourceDifference
from towpath.verdict import Outcome, Reason, Verdict

OPEN = Verdict.passed()
UNSURE = Verdict.inconclusive(Reason("x", "not decided"))


@pytest.mark.parametrize(
    ("result", "decision"),
    [
        (GateResult("g", OPEN, Otherwise.REFUSE), Decision.PASSED),
        (GateResult("g", UNSURE, Otherwise.APPROVE), Decision.APPROVAL_NEEDED),
        (GateResult("g", UNSURE, Otherwise.APPROVE, carried=True), Decision.PASSED),
        (GateResult("g", UNSURE, Otherwise.REFUSE), Decision.REFUSED),
        (GateResult("g", UNSURE, Otherwise.REFUSE, carried=True), Decision.REFUSED),
        (GateResult("g", UNSURE, Otherwise.OPEN), Decision.PASSED),
    ],
)
def test_what_a_gate_decides(result: GateResult, decision: Decision) -> None:
    assert result.decision is decision


def test_a_refusal_outweighs_everything_and_an_approval_is_not_forgotten() -> None:
    by_decision = {
        Decision.PASSED: GateResult("p", OPEN, Otherwise.APPROVE),
        Decision.APPROVAL_NEEDED: GateResult("a", UNSURE, Otherwise.APPROVE),
        Decision.REFUSED: GateResult("r", UNSURE, Otherwise.REFUSE),
    }
    order = list(by_decision)
    for chosen in itertools.product(order, repeat=2):
        assert decide(by_decision[each] for each in chosen) is max(chosen, key=order.index)


def difference(kind: Kind, *, of: str = "AWS::DynamoDB::Table", retained: bool = False) -> ResourceDifference:
    return ResourceDifference(kind, "Table", of, "orders", retained, (), ())


@pytest.mark.parametrize("kind", [Kind.REPLACED, Kind.REMOVED])
def test_losing_what_holds_data_needs_a_person(kind: Kind) -> None:
    assert judge_replacements([difference(kind)]).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "found",
    [
        difference(Kind.REMOVED, retained=True),
        difference(Kind.POSSIBLY_REPLACED),
        difference(Kind.CHANGED),
        difference(Kind.REPLACED, of="AWS::Lambda::EventSourceMapping"),
    ],
)
def test_nothing_is_lost(found: ResourceDifference) -> None:
    assert judge_replacements([found]).is_passed
