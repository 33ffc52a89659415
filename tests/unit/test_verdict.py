"""How verdicts combine: refused before inconclusive before passed, and no reason is ever lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.verdict import Outcome, Reason, Verdict, combine

reasons = st.builds(Reason, code=st.just("x"), message=st.text(), where=st.text(), remedy=st.text())
verdicts = st.builds(Verdict, st.sampled_from(Outcome), st.lists(reasons, min_size=1).map(tuple))


@given(st.lists(verdicts))
def test_combining_keeps_every_reason_in_order(found: list[Verdict]) -> None:
    assert combine(found).reasons == tuple(reason for verdict in found for reason in verdict.reasons)


@given(st.lists(verdicts))
def test_the_worst_outcome_wins(found: list[Verdict]) -> None:
    order = [Outcome.PASSED, Outcome.INCONCLUSIVE, Outcome.REFUSED]
    worst = max((order.index(verdict.outcome) for verdict in found), default=0)
    assert combine(found).outcome is order[worst]


@given(verdicts, verdicts, verdicts)
def test_combining_is_associative(a: Verdict, b: Verdict, c: Verdict) -> None:
    assert combine([combine([a, b]), c]) == combine([a, combine([b, c])])


@given(verdicts)
def test_a_verdict_survives_json(verdict: Verdict) -> None:
    assert Verdict.from_json(verdict.to_json()) == verdict


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.INCONCLUSIVE])
def test_whoever_does_not_pass_says_why(outcome: Outcome) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Verdict(outcome)


def test_a_reason_reads_as_a_sentence() -> None:
    reason = Reason("stack-busy", "the stack is busy.", where="orders", remedy="Wait.")
    assert str(reason) == "orders: the stack is busy. Wait."


@given(st.lists(reasons, min_size=1, max_size=30), st.integers(1, 12), st.integers(2, 50))
def test_a_brief_verdict_is_the_same_verdict_in_few_words(found: list[Reason], most: int, longest: int) -> None:
    """What travels through a state machine: beyond 256 KB an execution dies, and no Catch sees it."""
    whole = Verdict.refused(*found)
    brief = whole.brief(most, longest)
    assert (brief.outcome, len(brief.reasons)) == (whole.outcome, min(most, len(found)))
    for short, long in zip(brief.reasons, found, strict=False):
        for one, other in ((short.message, long.message), (short.where, long.where), (short.remedy, long.remedy)):
            assert one == other or (len(one) == longest and one == f"{other[: longest - 1]}…")
        assert short.code == long.code
