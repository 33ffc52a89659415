"""The state of a CloudWatch alarm from the values of its last periods.

Decides M out of N and the four treatments of missing data, by the tables of
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: a few more periods than N
are looked at, the most recent N real values count; only when there are fewer than N does the treatment matter.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

EXTRA_PERIODS = 2
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`needed` of the last `periods` values must breach (M out of N)."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    missing: str

    def breaches(self, value: float) -> bool:
        return _OPERATORS[self.comparison](value, self.threshold)

    @property
    def looked_at(self) -> int:
        return self.periods + EXTRA_PERIODS


def supported(comparison: str) -> bool:
    """Anomaly detection bands are not evaluated."""
    return comparison in _OPERATORS


def evaluate(rule: Rule, values: Sequence[float | None], current: State) -> State:
    """`values` are those of the last `rule.looked_at` periods, oldest first; None is a period without data."""
    real = [rule.breaches(value) for value in values if value is not None][-rule.periods :]
    breaching = sum(real)
    absent = rule.periods - len(real)
    if not real:
        empty: dict[str, State] = {"breaching": "ALARM", "notBreaching": "OK", "ignore": current}
        return empty.get(rule.missing, "INSUFFICIENT_DATA")
    if rule.missing == "breaching":
        breaching += absent
    if breaching >= rule.needed:
        return "ALARM"
    if absent == 0 or rule.missing in ("breaching", "notBreaching") or not all(real):
        return "OK"
    return _premature(rule, values, current)


def _premature(rule: Rule, values: Sequence[float | None], current: State) -> State:
    """All there is breaches, but it is too little: with `missing`, an old enough breach alarms all the same."""
    oldest = next(index for index, value in enumerate(values) if value is not None)
    if rule.missing != "ignore" and len(values) - oldest >= rule.needed:
        return "ALARM"
    return current


def reason(rule: Rule, values: Sequence[float | None], old: State, new: State) -> str:
    """In CloudWatch's words, without the points' times."""
    real = [value for value in values if value is not None][-rule.periods :]
    if not real:
        treated = {"breaching": " treated as [Breaching]", "notBreaching": " treated as [NonBreaching]"}
        crossed = "Threshold Crossed" if new != "INSUFFICIENT_DATA" else "Insufficient Data"
        return f"{crossed}: no datapoints were received for {rule.periods} period(s){treated.get(rule.missing, '')}."
    hits = [value for value in real if rule.breaches(value) is (new == "ALARM")] or real
    was = "was" if len(hits) == 1 else "were"
    unlike = "" if new == "ALARM" else "not "
    return (
        f"Threshold Crossed: {len(hits)} out of the last {rule.periods} datapoints {hits} {was} {unlike}"
        f"{_WORDS[rule.comparison]} the threshold ({rule.threshold}) "
        f"(minimum {rule.needed} datapoint(s) for {old} -> {new} transition)."
    )
