"""What the demonstration found: `build/demo-report.json` for programs, `build/demo-report.md` for people."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from examples.demo.checks import Check, Checks


@dataclass(frozen=True, slots=True)
class Told:
    """One scenario: its checks, how long it took, and the traceback if it broke off."""

    title: str
    checks: Checks
    seconds: float
    error: str

    @property
    def holds(self) -> bool:
        return self.checks.hold and not self.error


@dataclass(slots=True)
class Report:
    """All scenarios together, and every event that the consumer received."""

    told: list[Told] = field(default_factory=list[Told])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return bool(self.told) and all(told.holds for told in self.told)

    def write(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "demo-report.json").write_text(json.dumps(self.to_json(), indent=1, default=str))
        (folder / "demo-report.md").write_text(self.text())

    def to_json(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "seconds": round(self.seconds, 1),
            "scenarios": [
                {
                    "title": told.title,
                    "holds": told.holds,
                    "seconds": round(told.seconds, 1),
                    "error": told.error,
                    "checks": [_check(check) for check in told.checks.made],
                }
                for told in self.told
            ],
            "events": self.events,
        }

    def text(self) -> str:
        """Markdown: a line for each scenario, and below it what does not hold."""
        lines = ["# What the demonstration found", ""]
        for told in self.told:
            held = sum(check.holds for check in told.checks.made)
            word = "holds" if told.holds else "DOES NOT HOLD"
            lines.append(f"- {told.title}: {word} ({held} of {len(told.checks.made)} checks, {told.seconds:.1f} s)")
            lines += [f"  - {check.promise} ({check.source}): expected {check.expected!r}, found {check.actual!r}"
                      for check in told.checks.made if not check.holds]  # fmt: skip
            lines += [f"      {line}" for line in told.error.splitlines()]
        lines += ["", f"{len(self.events)} events reached the consumer; {self.seconds:.0f} s in all.", ""]
        return "\n".join(lines)


def _check(check: Check) -> dict[str, Any]:
    return {
        "promise": check.promise,
        "source": check.source,
        "holds": check.holds,
        "expected": repr(check.expected),
        "actual": repr(check.actual),
    }
