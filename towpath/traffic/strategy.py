"""Rollout strategies: how much traffic a new version takes at first, and how fast the rest follows.

Names: `all-at-once`, `canary-<percent>-percent-<minutes>-minutes`, `linear-<percent>-percent-every-<minutes>-minutes`.
CodeDeploy has ready configurations for some of them; the others become configurations of our own.
https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

# https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html: a step <= 99 %, a shift <= 2,880 minutes.
LONGEST_SHIFT_MINUTES = 2880

_NAME = re.compile(
    r"(?P<once>all-at-once)"
    r"|canary-(?P<canary>\d{1,2})-percent-(?P<wait>\d{1,4})-minutes?"
    r"|linear-(?P<linear>\d{1,2})-percent-every-(?P<every>\d{1,4})-minutes?"
)


class Shape(StrEnum):
    ALL_AT_ONCE = "all-at-once"
    CANARY = "canary"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class Strategy:
    """A rollout strategy. `percent` is the size of a step, `minutes` the wait after it; both 0 for all at once."""

    shape: Shape
    percent: int = 0
    minutes: int = 0

    @classmethod
    def parse(cls, name: str) -> Self:
        """The strategy of that name.

        Raises ValueError, with a sentence for people, when there is none.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(
                f"'{name}' is not a rollout strategy; write all-at-once, canary-10-percent-5-minutes or "
                "linear-10-percent-every-1-minute (with numbers of your own)."
            )
        if match["once"]:
            return cls(Shape.ALL_AT_ONCE)
        shape = Shape.CANARY if match["canary"] else Shape.LINEAR
        strategy = cls(shape, int(match["canary"] or match["linear"]), int(match["wait"] or match["every"]))
        if not strategy.percent or not strategy.minutes:
            raise ValueError(f"'{name}': the percentage and the minutes must be at least 1.")
        if strategy.shift_minutes > LONGEST_SHIFT_MINUTES:
            raise ValueError(f"'{name}' takes {strategy.shift_minutes} minutes; CodeDeploy allows 2,880.")
        return strategy

    @property
    def name(self) -> str:
        """The canonical name; `parse` reads it back."""
        unit = "minute" if self.minutes == 1 else "minutes"
        if self.shape is Shape.ALL_AT_ONCE:
            return Shape.ALL_AT_ONCE.value
        if self.shape is Shape.CANARY:
            return f"canary-{self.percent}-percent-{self.minutes}-{unit}"
        return f"linear-{self.percent}-percent-every-{self.minutes}-{unit}"

    @property
    def shift_minutes(self) -> int:
        """How long it takes until all traffic has moved."""
        if self.shape is Shape.ALL_AT_ONCE:
            return 0
        if self.shape is Shape.CANARY:
            return self.minutes
        return (-(-100 // self.percent) - 1) * self.minutes

    @property
    def first_percent(self) -> int:
        """How much traffic the new version takes at first."""
        return 100 if self.shape is Shape.ALL_AT_ONCE else self.percent

    @property
    def deployment_configuration(self) -> str:
        """The name of the CodeDeploy configuration: a predefined one where it exists, else one of our own."""
        return _PREDEFINED.get(self, f"towpath-{self.name}")

    @property
    def is_predefined(self) -> bool:
        return self in _PREDEFINED


_PREDEFINED = {
    Strategy(Shape.ALL_AT_ONCE): "CodeDeployDefault.LambdaAllAtOnce",
    **{
        Strategy(Shape.CANARY, 10, minutes): f"CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes"
        for minutes in (5, 10, 15, 30)
    },
    **{
        Strategy(Shape.LINEAR, 10, minutes): f"CodeDeployDefault.LambdaLinear10PercentEvery{minutes}Minute{plural}"
        for minutes, plural in ((1, ""), (2, "s"), (3, "s"), (10, "s"))
    },
}


def at_least(wished: Strategy, minimum: Strategy) -> Strategy:
    """The wished strategy if it exposes no more traffic at first and takes no less time, otherwise the minimum."""
    careful = wished.first_percent <= minimum.first_percent and wished.shift_minutes >= minimum.shift_minutes
    return wished if careful else minimum
