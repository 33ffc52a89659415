"""How much thinking one question may cost before the honest answer is "not decided"."""

from dataclasses import dataclass

DEFAULT_STEPS = 3_000_000


class BudgetExceededError(Exception):
    """The work budget ran out before the question was decided. Terminal: the same question costs the same again."""


@dataclass(slots=True)
class Work:
    """A purse of steps shared by everything that one comparison does; deterministic, unlike a clock."""

    steps: int = DEFAULT_STEPS

    def spend(self, steps: int = 1) -> None:
        """Takes steps out of the purse. Raises BudgetExceededError when it is empty."""
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExceededError
