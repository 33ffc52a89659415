"""The tables of AWS's page on missing data, and the laws behind them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.alarm_state import Rule, State, evaluate, reason

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def rule(missing: str, needed: int, periods: int = 3) -> Rule:
    return Rule("GreaterThanOrEqualToThreshold", 1.0, periods, needed, missing)


def values(drawn: str) -> list[float | None]:
    """As AWS draws them: 0 is fine, X breaches, - is missing."""
    return [{"0": 0.0, "X": 1.0, "-": None}[sign] for sign in drawn.split()]


# The state before is OK, so "retain" shows as OK.
THREE_OF_THREE: list[tuple[str, tuple[State, State, State, State]]] = [
    ("0 - X - X", ("OK", "OK", "OK", "OK")),
    ("- - - - 0", ("OK", "OK", "OK", "OK")),
    ("- - - - -", ("INSUFFICIENT_DATA", "OK", "ALARM", "OK")),
    ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("- - X - -", ("ALARM", "OK", "ALARM", "OK")),
]
TWO_OF_THREE: list[tuple[str, tuple[State, State, State, State]]] = [
    ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
    ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
    ("- - - X -", ("ALARM", "OK", "ALARM", "OK")),
]


@pytest.mark.parametrize(
    ("needed", "drawn", "expected"),
    [(3, *row) for row in THREE_OF_THREE] + [(2, *row) for row in TWO_OF_THREE],
)
def test_the_documented_tables(needed: int, drawn: str, expected: tuple[State, ...]) -> None:
    found = tuple(evaluate(rule(treatment, needed), values(drawn), "OK") for treatment in TREATMENTS)
    assert found == expected


def test_ignoring_missing_data_retains_the_state() -> None:
    assert evaluate(rule("ignore", 3), values("- - - - -"), "ALARM") == "ALARM"
    assert evaluate(rule("ignore", 3), values("- - X - -"), "ALARM") == "ALARM"


def test_a_single_recent_breach_is_too_early_to_say() -> None:
    assert evaluate(rule("missing", 3), values("- - - - X"), "INSUFFICIENT_DATA") == "INSUFFICIENT_DATA"


numbers = st.lists(st.one_of(st.none(), st.floats(0, 2)), min_size=5, max_size=5)


@given(numbers, st.sampled_from(TREATMENTS), st.integers(1, 3))
def test_more_breaches_never_calm_an_alarm(drawn: list[float | None], treatment: str, needed: int) -> None:
    worse = [None if value is None else 5.0 for value in drawn]
    if evaluate(rule(treatment, needed), drawn, "OK") == "ALARM":
        assert evaluate(rule(treatment, needed), worse, "OK") == "ALARM"


@given(st.lists(st.floats(0, 2), min_size=5, max_size=5), st.integers(1, 3))
def test_without_gaps_the_treatment_does_not_matter(drawn: list[float], needed: int) -> None:
    assert len({evaluate(rule(treatment, needed), drawn, "OK") for treatment in TREATMENTS}) == 1


def test_the_reason_names_values_threshold_and_transition() -> None:
    said = reason(rule("missing", 2), values("0 0 X 0 X"), "OK", "ALARM")
    assert said == (
        "Threshold Crossed: 2 out of the last 3 datapoints [1.0, 1.0] were greater than or equal to the threshold "
        "(1.0) (minimum 2 datapoint(s) for OK -> ALARM transition)."
    )
