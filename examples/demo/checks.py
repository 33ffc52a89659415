"""What a scenario promises, and whether it holds: every check compares what AWS says now with what was promised."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One promise. `source` names the AWS call whose answer `actual` is."""

    promise: str
    source: str
    expected: Any
    actual: Any

    @property
    def holds(self) -> bool:
        return bool(self.expected == self.actual)


@dataclass(slots=True)
class Checks:
    """The checks of one scenario, in the order in which they were made."""

    made: list[Check] = field(default_factory=list[Check])

    def equal(self, promise: str, source: str, expected: Any, actual: Any) -> None:
        """Note whether `actual`, as AWS tells it, is what was promised."""
        self.made.append(Check(promise, source, expected, actual))

    def eventually(self, promise: str, source: str, expected: Any, look: Callable[[], Any], seconds: float) -> None:
        """The same, for something that AWS does in its own time: look until it holds or the time is up."""
        until = time.monotonic() + seconds
        actual = look()
        while actual != expected and time.monotonic() < until:
            time.sleep(0.3)
            actual = look()
        self.equal(promise, source, expected, actual)

    @property
    def hold(self) -> bool:
        return bool(self.made) and all(check.holds for check in self.made)
