"""How much thinking one question may cost before the honest answer is "not decided"."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from towpath.privilege.language.pattern import Pattern
    from towpath.privilege.language.words import Words

DEFAULT_STEPS = 1_500_000


class BudgetExceededError(Exception):
    """The work budget ran out before the question was decided. Terminal: the same question costs the same again."""


@dataclass(slots=True)
class Work:
    """A purse of steps shared by everything that one comparison does; deterministic, unlike a clock.

    `coverings` is what was learnt on the way: sets that contain all words of a pattern.
    """

    steps: int = DEFAULT_STEPS
    coverings: "dict[Pattern, set[Words]]" = field(default_factory=dict["Pattern", "set[Words]"])

    @contextmanager
    def keeping(self, part: float) -> Generator[None]:
        """Puts a part of the purse aside for what comes after this block."""
        kept = int(self.steps * part)
        self.steps -= kept
        try:
            yield
        finally:
            self.steps = max(self.steps, 0) + kept

    def spend(self, steps: int = 1) -> None:
        """Takes steps out of the purse. Raises BudgetExceededError when it is empty."""
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExceededError
