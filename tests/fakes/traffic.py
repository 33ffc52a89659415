"""Traffic in memory: aliases that deployments move, alarms that fire, probes that answer from a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from towpath.traffic.ports import AliasState, Observation, ProbeAnswer, Shift, ShiftCondition, ShiftState


class InMemoryTraffic:
    """A begun shift splits its alias; `finish` and `fail` end it as CodeDeploy does, `fail` with a rollback."""

    def __init__(self) -> None:
        self.aliases: dict[tuple[str, str], AliasState] = {}
        self.shifts: dict[str, Shift] = {}
        self.states: dict[str, ShiftState] = {}
        self.tokens: dict[tuple[str, str], str] = {}
        self.firing: set[str] = set()
        self.stopped: list[str] = []
        self.restored: list[tuple[str, str, str]] = []

    def alias(self, function: str, alias: str) -> AliasState | None:
        return self.aliases.get((function, alias))

    def begin(self, shift: Shift, token: str) -> str:
        begun = self.find(shift.group, token)
        if begun:
            return begun
        deployment = f"d-{len(self.shifts) + 1}"
        self.shifts[deployment] = shift
        self.states[deployment] = ShiftState(deployment, ShiftCondition.SHIFTING)
        self.tokens[shift.group, token] = deployment
        self.aliases[shift.function, shift.alias] = AliasState(shift.current_version, {shift.target_version: 0.1})
        return deployment

    def find(self, group: str, token: str) -> str:
        return self.tokens.get((group, token), "")

    def state(self, deployment: str) -> ShiftState:
        return self.states[deployment]

    def stop(self, deployment: str) -> None:
        if self.states[deployment].condition is ShiftCondition.SHIFTING:
            self.stopped.append(deployment)
            # As CodeDeploy does it: the deployment goes on until its rollback has ended.
            self.states[deployment] = replace(self.states[deployment], rollback=f"{deployment}-back")

    def restore(self, function: str, alias: str, version: str) -> None:
        self.restored.append((function, alias, version))
        self.aliases[function, alias] = AliasState(version, {})

    def firing_alarms(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in self.firing)

    def finish(self, deployment: str) -> None:
        shift = self.shifts[deployment]
        self.aliases[shift.function, shift.alias] = AliasState(shift.target_version, {})
        self.states[deployment] = ShiftState(deployment, ShiftCondition.SHIFTED)

    def fail(self, deployment: str, reason: str = "an alarm fired", *, whole: bool = True) -> None:
        """The deployment failed; `whole=False`: its rollback failed too and left the alias split."""
        shift = self.shifts[deployment]
        if whole:
            self.aliases[shift.function, shift.alias] = AliasState(shift.current_version, {})
        self.states[deployment] = ShiftState(deployment, ShiftCondition.FAILED, reason, "ALARM_ACTIVE")


class ScriptedProber:
    """Answers every probe with what `seen` has for its kind, and remembers the targets."""

    def __init__(self) -> None:
        self.seen: dict[str, Observation] = {}
        self.asked: list[Mapping[str, Any]] = []

    def send(self, kind: str, target: Mapping[str, Any], *, timeout: float) -> Observation:
        self.asked.append(target)
        return self.seen.get(kind, Observation(ProbeAnswer.ANSWERED, 200, {}))
