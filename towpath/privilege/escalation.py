"""Which known ways from some permissions to all of them does a change complete?

A path is a set of actions that one principal needs. It is completed when New allows all of them, this change opens one
of them, and Old lacked one of them; for `iam:PassRole` it is enough that further roles can be passed to the service,
for the passed role is what the path leads to. The list and its source are in `data/escalation_paths.json`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from towpath.privilege.boxes import ACTION, KEY, RESOURCE
from towpath.privilege.comparison import EscalationPath
from towpath.privilege.conditions.cell import KeyTest, TextTest
from towpath.privilege.data_files import data_file
from towpath.privilege.engine import Engine, Side
from towpath.privilege.expansion import Expansion
from towpath.privilege.language.pattern import Letter, Pattern, Run, Variable, exactly, pattern_of
from towpath.privilege.language.reading import assuming
from towpath.privilege.language.words import Words
from towpath.privilege.region import Tests
from towpath.privilege.worlds import World

_PASSING: Final = "iam:PassRole"
_HARMLESS_ON_ONESELF: Final = frozenset({"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"})
_USERNAME: Final = "aws:username"
_ONESELF: Final = pattern_of([*"arn:", Run(":"), *":iam::", Run(":"), *":user/", Run(), Variable(_USERNAME)])


@dataclass(frozen=True, slots=True)
class _Path:
    steps: tuple[str, ...]
    passed_to: str = ""

    @property
    def shown(self) -> EscalationPath:
        to = f" to {self.passed_to}" if self.passed_to else ""
        title = " + ".join(step + (to if step == _PASSING else "") for step in self.steps)
        return EscalationPath("+".join(step.lower() for step in self.steps), title, self.steps)


@cache
def _paths() -> tuple[_Path, ...]:
    entries = cast("list[dict[str, Any]]", json.loads(data_file("escalation_paths.json"))["paths"])
    return tuple(_Path(tuple(entry["steps"]), entry.get("passed_to", "")) for entry in entries)


@cache
def _steps() -> frozenset[str]:
    return frozenset(step for path in _paths() for step in path.steps)


class Escalations:
    """The paths that one comparison of an identity's access completes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._allowed: dict[tuple[Side, str, str], bool] = {}

    def completed_by(self, expansion: Expansion) -> Iterator[EscalationPath]:
        """The paths that an expansion completes. Raises BudgetExceededError."""
        if _steps().isdisjoint(expansion.actions):
            return
        for path in _paths():
            opened = [step for step in path.steps if step in expansion.actions]
            if opened and self._allows_all(Side.NEW, path) and self._is_new(path, opened, expansion):
                yield path.shown

    def _allows_all(self, side: Side, path: _Path) -> bool:
        return all(self._allows(side, step, path.passed_to) for step in path.steps)

    def _is_new(self, path: _Path, opened: list[str], expansion: Expansion) -> bool:
        if not any(self._engine.opens(expansion, _step_tests(step, path.passed_to)) for step in opened):
            return False
        if not self._allows_all(Side.OLD, path):
            return True
        return _PASSING in opened and self._engine.opens(expansion, _step_tests(_PASSING, path.passed_to))

    def _allows(self, side: Side, step: str, passed_to: str) -> bool:
        key = (side, step, passed_to if step == _PASSING else "")
        if key not in self._allowed:
            self._allowed[key] = self._engine.allows(side, step.partition(":")[0], _step_tests(step, passed_to))
        return self._allowed[key]


def _step_tests(step: str, passed_to: str) -> Callable[[World], Tests]:
    """The requests that take a step: with the role passed to this service, or on somebody else."""

    def tests(world: World) -> Tests:
        action: Tests = ((ACTION, TextTest(Words([exactly(step.lower())]))),)
        if step == _PASSING and passed_to:
            service = TextTest(Words([exactly(passed_to)]))
            return (*action, (f"{KEY}iam:passedtoservice", KeyTest(absent=False, every=False, value=service)))
        if step in _HARMLESS_ON_ONESELF:
            return (*action, (RESOURCE, TextTest(Words([_oneself(world)]), positive=False)))
        return action

    return tests


def _oneself(world: World) -> Pattern:
    username = world.assumptions.get(_USERNAME) or Letter(_USERNAME, free=True)
    return assuming(_ONESELF, {_USERNAME: username}) or _ONESELF
