"""Runs the probes of one phase side by side, each with its own time-out and retries, and says what they found."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from towpath.traffic.ports import Observation, ProbeAnswer, Prober
from towpath.traffic.probes.expectation import judge
from towpath.traffic.probes.model import TARGETS, Probe
from towpath.verdict import Outcome, Reason, Verdict

_AT_ONCE = 16
_PAUSE_SECONDS = 1.0
# Written in a payload, it becomes an id that is new for every try, so that a round trip finds its own message.
PLACEHOLDER = "{probe}"

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a probe's target means in one environment.

    `names` maps logical ids to physical names, `outputs` are the stack's, and `qualifiers` maps the logical id of a
    function to the version or alias that a probe must reach.
    """

    names: Mapping[str, str]
    outputs: Mapping[str, str]
    qualifiers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe found: its verdict, how often it was tried, and how long the last answer took (milliseconds)."""

    name: str
    kind: str
    verdict: Verdict
    tries: int
    latency: float

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            **self.verdict.to_json(),
            "tries": self.tries,
            "latency_ms": round(self.latency),
        }


def run_probes(
    probes: Sequence[Probe], prober: Prober, surroundings: Surroundings, sleep: Sleep
) -> tuple[ProbeResult, ...]:
    """The results of all probes, in the order in which they are declared."""
    if not probes:
        return ()

    def run(probe: Probe) -> ProbeResult:
        return _run(probe, prober, surroundings, sleep)

    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(probes))) as pool:
        return tuple(pool.map(run, probes))


def _run(probe: Probe, prober: Prober, surroundings: Surroundings, sleep: Sleep) -> ProbeResult:
    target, missing = _resolved(probe, surroundings)
    if missing:
        reason = Reason(
            "probe-target-missing",
            f"the stack has no {missing}.",
            where=f"probe {probe.name}",
            remedy="Name a resource of the template by its logical id, or one of its outputs.",
        )
        return ProbeResult(probe.name, probe.kind.value, Verdict.refused(reason), 0, 0.0)
    verdict, seen, tries = Verdict.passed(), Observation(ProbeAnswer.UNREACHABLE), 0
    while tries <= probe.retries:
        if tries:
            sleep(_PAUSE_SECONDS)
        tries += 1
        seen = prober.send(probe.kind.value, _with_id(target), timeout=probe.timeout)
        verdict = judge(probe.kind, probe.expect, seen, probe.name)
        if verdict.outcome is Outcome.PASSED:
            break
    return ProbeResult(probe.name, probe.kind.value, verdict, tries, seen.latency)


def _resolved(probe: Probe, surroundings: Surroundings) -> tuple[dict[str, Any], str]:
    """The request with physical names, and what of it the stack does not have."""
    target = dict(probe.request)
    for member in TARGETS[probe.kind]:
        logical_id = str(target.get(member, ""))
        if not logical_id:
            continue
        if logical_id not in surroundings.names:
            return target, f"resource {logical_id}"
        target[member] = surroundings.names[logical_id]
        if logical_id in surroundings.qualifiers:
            target["qualifier"] = surroundings.qualifiers[logical_id]
    output = str(target.pop("output", ""))
    if not output:
        return target, ""
    return {
        **target,
        "url": surroundings.outputs.get(output),
    }, "" if output in surroundings.outputs else f"output {output}"


def _with_id(target: Mapping[str, Any]) -> dict[str, Any]:
    identity = f"probe-{uuid.uuid4()}"
    document: dict[str, Any] = json.loads(json.dumps(dict(target)).replace(PLACEHOLDER, identity))
    return {**document, "probe": identity}
