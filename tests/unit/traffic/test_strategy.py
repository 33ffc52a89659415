"""Rollout strategies: names, limits, CodeDeploy's configurations, and which of two is the more careful."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.traffic.strategy import LONGEST_SHIFT_MINUTES, Shape, Strategy, at_least


def within_limits(strategy: Strategy) -> bool:
    return strategy.shift_minutes <= LONGEST_SHIFT_MINUTES


progressive = st.builds(
    Strategy, st.sampled_from([Shape.CANARY, Shape.LINEAR]), st.integers(1, 99), st.integers(1, 2880)
).filter(within_limits)
strategies = st.just(Strategy(Shape.ALL_AT_ONCE)) | progressive


@given(strategies)
def test_a_name_reads_back(strategy: Strategy) -> None:
    assert Strategy.parse(strategy.name) == strategy


@pytest.mark.parametrize(
    ("name", "configuration"),
    [
        ("all-at-once", "CodeDeployDefault.LambdaAllAtOnce"),
        ("canary-10-percent-5-minutes", "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
        ("canary-10-percent-30-minutes", "CodeDeployDefault.LambdaCanary10Percent30Minutes"),
        ("linear-10-percent-every-1-minute", "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"),
        ("linear-10-percent-every-10-minutes", "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes"),
        ("canary-20-percent-1-minute", "towpath-canary-20-percent-1-minute"),
    ],
)
def test_configurations(name: str, configuration: str) -> None:
    strategy = Strategy.parse(name)
    assert strategy.deployment_configuration == configuration
    assert strategy.is_predefined is configuration.startswith("CodeDeployDefault.")


@pytest.mark.parametrize(
    "name",
    ["", "canary", "canary-0-percent-5-minutes", "canary-10-percent-0-minutes", "canary-100-percent-5-minutes",
     "linear-1-percent-every-30-minutes", "canary-10-percent-2881-minutes", "ALL-AT-ONCE"],
)  # fmt: skip
def test_what_is_no_strategy_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}'"):
        Strategy.parse(name)


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("all-at-once", 0),
        ("canary-10-percent-5-minutes", 5),
        ("linear-10-percent-every-1-minute", 9),
        ("linear-30-percent-every-10-minutes", 30),
        ("linear-50-percent-every-3-minutes", 3),
    ],
)
def test_how_long_a_shift_takes(name: str, minutes: int) -> None:
    assert Strategy.parse(name).shift_minutes == minutes


@given(strategies, strategies)
def test_the_minimum_is_never_loosened(wished: Strategy, minimum: Strategy) -> None:
    chosen = at_least(wished, minimum)
    assert chosen.first_percent <= minimum.first_percent
    assert chosen.shift_minutes >= minimum.shift_minutes
    assert chosen in (wished, minimum)


@given(strategies)
def test_any_wish_holds_where_nothing_is_demanded(wished: Strategy) -> None:
    assert at_least(wished, Strategy(Shape.ALL_AT_ONCE)) == wished
