"""What releases used of AWS, read from AWS's own records, and what that costs at list prices (us-east-1, US dollars).

Prices, each per one: https://aws.amazon.com/lambda/pricing/ (GB-second by architecture, request),
https://aws.amazon.com/step-functions/pricing/ (state transition, Standard),
https://aws.amazon.com/dynamodb/pricing/on-demand/, https://aws.amazon.com/eventbridge/pricing/ (custom event),
https://aws.amazon.com/s3/pricing/ (PUT, GET). CloudFormation and CodeDeploy charge nothing for AWS's own resource types
and for Lambda.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from examples.demo.world import World

GB_SECOND = {"x86_64": 16.6667e-6, "arm64": 13.3334e-6}
REQUEST, TRANSITION, EVENT = 0.2e-6, 25e-6, 1e-6
READ_UNIT, WRITE_UNIT, PUT, GET = 0.125e-6, 0.625e-6, 5e-6, 0.4e-6
# Requests that no record counts, for each invocation; from reading the handlers, rounded up: proving the hold, reading
# release and live release consistently, a line of the timeline with its record, a document or two.
READS, WRITES, PUTS, GETS = 8, 4, 0.5, 2
_REPORT = re.compile(
    r"REPORT RequestId: (\S+)\s+Duration: ([\d.]+) ms\s+Billed Duration: (\d+) ms\s+Memory Size: (\d+) MB"
)


@dataclass
class Usage:
    """Of one release or many. Seconds are those of Lambda functions, `billed_gb_seconds` by their configured memory."""

    transitions: Counter[str] = field(default_factory=Counter[str])
    invocations: int = 0
    lambda_seconds: float = 0.0
    billed_gb_seconds: float = 0.0
    events: int = 0

    def price(self, architecture: str) -> dict[str, float]:
        parts = {
            "step functions": sum(self.transitions.values()) * TRANSITION,
            "lambda": self.billed_gb_seconds * GB_SECOND[architecture] + self.invocations * REQUEST,
            "dynamodb (estimated)": self.invocations * (READS * READ_UNIT + WRITES * WRITE_UNIT),
            "s3 (estimated)": self.invocations * (PUTS * PUT + GETS * GET),
            "eventbridge": self.events * EVENT,
        }
        return {**parts, "total": sum(parts.values())}

    def to_json(self, architecture: str) -> dict[str, Any]:
        return {
            "transitions": dict(self.transitions),
            "all_transitions": sum(self.transitions.values()),
            "invocations": self.invocations,
            "lambda_seconds": round(self.lambda_seconds, 2),
            "billed_gb_seconds": round(self.billed_gb_seconds, 2),
            "events": self.events,
            "architecture": architecture,
            "price": self.price(architecture),
        }


class Meter:
    """Counts what was used between its making and `read`: reports and executions that were not there before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._functions = _functions(world)
        self._reports_before = self._reports()
        self._executions_before = set(self._executions())
        self._events_before = len(world.inbox.events)

    @property
    def architecture(self) -> str:
        return str(next(iter(self._functions.values()))["Architectures"][0])

    def read(self) -> Usage:
        usage = Usage()
        for _, milliseconds, billed, memory in self._reports() - self._reports_before:
            usage.invocations += 1
            usage.lambda_seconds += float(milliseconds) / 1000
            usage.billed_gb_seconds += int(billed) / 1000 * int(memory) / 1024
        for execution, kind in self._executions().items():
            if execution not in self._executions_before:
                usage.transitions[kind] += self._entered(execution)
        usage.events = len(self._world.inbox.events) - self._events_before
        return usage

    def _reports(self) -> set[tuple[str, ...]]:
        """Request id, duration and billed duration in milliseconds, memory in MB, of every invocation so far."""
        logs = self._world.client("logs")
        found: set[tuple[str, ...]] = set()
        for configuration in self._functions.values():
            group = configuration["LoggingConfig"]["LogGroup"]
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern="REPORT")
            matches = (_REPORT.search(event["message"]) for page in pages for event in page["events"])
            found |= {match.groups() for match in matches if match}
        return found

    def _executions(self) -> Mapping[str, str]:
        """Every execution of both workflows, with the environment it promoted to or `(release)`."""
        states, found = self._world.client("stepfunctions"), dict[str, str]()
        for output in ("PromoteReleaseArn", "PromoteToEnvironmentArn"):
            machine = self._world.outputs[output].removesuffix(":live")
            for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine):
                for run in page["executions"]:
                    found[run["executionArn"]] = (
                        "(release)" if output == "PromoteReleaseArn" else _environment(run["name"])
                    )
        return found

    def _entered(self, execution: str) -> int:
        pages = (
            self._world.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution)
        )
        return sum(event["type"].endswith("StateEntered") for page in pages for event in page["events"])


def _environment(name: str) -> str:
    return next(part for part in name.split("-") if part in ("preview", "staging", "production", "home"))


def _functions(world: World) -> dict[str, Any]:
    pages = world.client("lambda").get_paginator("list_functions").paginate()
    found = [function for page in pages for function in page["Functions"]]
    mine = {item["FunctionName"]: item for item in found if item["FunctionName"].startswith("towpath-")}
    if not mine:
        raise RuntimeError(
            f"there is no function of Towpath among {json.dumps([item['FunctionName'] for item in found])}"
        )
    return mine
