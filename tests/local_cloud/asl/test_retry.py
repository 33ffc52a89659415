"""Which error is taken by whom, and how long a retry waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.asl.failure import matches
from local_cloud.asl.retry import delay


@pytest.mark.parametrize(
    ("names", "error", "taken"),
    [
        (["States.ALL"], "Mine", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.TaskFailed"], "Mine", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["Other", "Mine"], "Mine", True),
        (["Other"], "Mine", False),
    ],
)
def test_errors_are_taken_by_name(names: list[str], error: str, taken: bool) -> None:
    assert matches(names, error) is taken


@given(
    interval=st.integers(1, 100),
    rate=st.floats(1, 5),
    earlier=st.integers(0, 10),
    longest=st.integers(1, 500),
    jitter=st.sampled_from(["NONE", "FULL"]),
)
def test_a_delay_grows_up_to_its_cap(interval: int, rate: float, earlier: int, longest: int, jitter: str) -> None:
    retrier = {"IntervalSeconds": interval, "BackoffRate": rate, "MaxDelaySeconds": longest, "JitterStrategy": jitter}
    expected = min(interval * rate**earlier, longest)
    found = delay(retrier, earlier)
    assert 0 <= found <= expected
    assert jitter == "FULL" or found == expected


def test_the_defaults_are_a_second_doubled() -> None:
    assert [delay({}, earlier) for earlier in range(4)] == [1, 2, 4, 8]
