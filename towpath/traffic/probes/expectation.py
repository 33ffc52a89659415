"""Whether what came back is what a probe expects: passed, failed with the difference, or inconclusive.

Paths into JSON are JMESPath (https://jmespath.org/specification.html); a leading `$.` is accepted and dropped.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

import jmespath
from jmespath.exceptions import JMESPathError

from towpath.traffic.ports import Observation, ProbeAnswer
from towpath.traffic.probes.model import Kind
from towpath.verdict import Reason, Verdict

_LONGEST_EVIDENCE = 200
_REMEDIES = {
    ProbeAnswer.TIMED_OUT: "Find out why it does not answer, or give the probe a longer timeout_seconds.",
    ProbeAnswer.UNREACHABLE: "Check that the target exists and that the probe names it rightly.",
    ProbeAnswer.NOT_ALLOWED: "Allow the environment's probe role to reach the target.",
}


def judge(kind: Kind, expect: Mapping[str, Any], seen: Observation, name: str) -> Verdict:
    """The verdict of one probe on one observation.

    No answer in time is a failure; a target that could not be reached at all leaves the question open.
    """
    if seen.answer is ProbeAnswer.TIMED_OUT:
        return Verdict.refused(_reason("probe-timed-out", seen.error or "no answer in time", name, seen.answer))
    if seen.answer is not ProbeAnswer.ANSWERED:
        code = f"probe-{seen.answer.value.replace('_', '-')}"
        return Verdict.inconclusive(_reason(code, seen.error or seen.answer.value, name, seen.answer))
    differences = tuple(_differences(kind, expect, seen))
    reasons = (Reason("probe-failed", f"{difference}.", where=f"probe {name}") for difference in differences)
    return Verdict.refused(*reasons) if differences else Verdict.passed()


def _reason(code: str, message: str, name: str, answer: ProbeAnswer) -> Reason:
    return Reason(code, message, where=f"probe {name}", remedy=_REMEDIES[answer])


def _differences(kind: Kind, expect: Mapping[str, Any], seen: Observation) -> Iterator[str]:
    if bool(expect.get("error", False)) != bool(seen.error):
        yield f"it failed: {_shown(seen.error)}" if seen.error else "it succeeded, but an error was expected"
    wanted = expect.get("status", _USUAL_STATUS.get(kind))
    if wanted is not None and not seen.error and seen.status != wanted:
        yield f"status is {seen.status}, not {wanted}"
    if "exists" in expect and (seen.status == "present") is not expect["exists"]:
        yield f"it is {seen.status}"
    for path, value in cast(Mapping[str, Any], expect.get("json", {})).items():
        found = _search(path, seen.body)
        if found != value:
            yield f"{path} is {_shown(found)}, not {_shown(value)}"
    if "latency_ms" in expect and seen.latency > float(expect["latency_ms"]):
        yield f"it took {seen.latency:.0f} ms, more than {expect['latency_ms']} ms"


# What counts as a good answer when a probe does not say.
_USUAL_STATUS: Mapping[Kind, int | str] = {
    Kind.HTTP: 200,
    Kind.LAMBDA: 200,
    Kind.STATE_MACHINE: "SUCCEEDED",
    Kind.QUEUE: "received",
    Kind.EVENT: "received",
}


def _search(path: str, body: Any) -> Any:
    try:
        return jmespath.search(path.removeprefix("$."), body)
    except JMESPathError as error:
        return f"(the path is not JMESPath: {error})"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _LONGEST_EVIDENCE else f"{text[:_LONGEST_EVIDENCE]}…"
