"""Probes: what they expect, how often they try, what they reach, and that one does not wait for another."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from towpath.traffic.ports import Observation, ProbeAnswer
from towpath.traffic.probes.expectation import judge
from towpath.traffic.probes.model import Kind, Phase, Probe
from towpath.traffic.probes.running import Surroundings, run_probes
from towpath.verdict import Outcome

ANSWERED = ProbeAnswer.ANSWERED
PLACE = Surroundings(
    names={"Api": "orders-api", "In": "https://in", "Out": "https://out"},
    outputs={"Url": "https://api"},
    qualifiers={"Api": "7"},
)


def lambda_probe(**parts: Any) -> Probe:
    return Probe.parse({"name": "answers", "kind": "lambda", "function": "Api", "retries": 0, **parts})


class Scripted:
    """Answers from a list, the last one again and again; remembers what it was asked."""

    def __init__(self, *answers: Observation) -> None:
        self._answers = list(answers)
        self.asked: list[Mapping[str, Any]] = []

    def send(self, kind: str, target: Mapping[str, Any], *, timeout: float) -> Observation:
        self.asked.append(target)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def no_sleep(_seconds: float) -> None:
    """Tests do not wait."""


@pytest.mark.parametrize(
    ("expect", "seen", "outcome"),
    [
        ({}, Observation(ANSWERED, 200), Outcome.PASSED),
        ({}, Observation(ANSWERED, 500), Outcome.REFUSED),
        ({}, Observation(ANSWERED, 200, error="ValueError: x"), Outcome.REFUSED),
        ({"error": True}, Observation(ANSWERED, 200, error="ValueError: x"), Outcome.PASSED),
        ({"error": True}, Observation(ANSWERED, 200), Outcome.REFUSED),
        ({"status": 201}, Observation(ANSWERED, 201), Outcome.PASSED),
        ({"json": {"$.body.items[0].id": 7}}, Observation(ANSWERED, 200, {"body": {"items": [{"id": 7}]}}),
         Outcome.PASSED),
        ({"json": {"body.id": 8}}, Observation(ANSWERED, 200, {"body": {"id": 7}}), Outcome.REFUSED),
        ({"json": {"][": 8}}, Observation(ANSWERED, 200, {}), Outcome.REFUSED),
        ({"latency_ms": 100}, Observation(ANSWERED, 200, latency=99), Outcome.PASSED),
        ({"latency_ms": 100}, Observation(ANSWERED, 200, latency=101), Outcome.REFUSED),
        ({}, Observation(ProbeAnswer.TIMED_OUT), Outcome.REFUSED),
        ({}, Observation(ProbeAnswer.UNREACHABLE, error="no such function"), Outcome.INCONCLUSIVE),
        ({}, Observation(ProbeAnswer.NOT_ALLOWED), Outcome.INCONCLUSIVE),
    ],
)  # fmt: skip
def test_what_an_answer_means(expect: dict[str, Any], seen: Observation, outcome: Outcome) -> None:
    assert judge(Kind.LAMBDA, expect, seen, "answers").outcome is outcome


@pytest.mark.parametrize(("status", "exists", "outcome"), [
    ("present", True, Outcome.PASSED), ("absent", True, Outcome.REFUSED),
    ("absent", False, Outcome.PASSED), ("present", False, Outcome.REFUSED),
])  # fmt: skip
def test_existence(status: str, exists: bool, outcome: Outcome) -> None:
    assert judge(Kind.OBJECT, {"exists": exists}, Observation(ANSWERED, status), "o").outcome is outcome


def test_a_failed_probe_is_tried_again_as_often_as_it_says() -> None:
    bad, good = Observation(ANSWERED, 500), Observation(ANSWERED, 200)
    (result,) = run_probes([lambda_probe(retries=2)], Scripted(bad, bad, good), PLACE, no_sleep)
    assert (result.verdict.outcome, result.tries) == (Outcome.PASSED, 3)
    (result,) = run_probes([lambda_probe(retries=1)], Scripted(bad, bad, good), PLACE, no_sleep)
    assert (result.verdict.outcome, result.tries) == (Outcome.REFUSED, 2)


def test_a_function_under_rollout_is_reached_at_its_version() -> None:
    prober = Scripted(Observation(ANSWERED, 200))
    run_probes([lambda_probe()], prober, PLACE, no_sleep)
    assert (prober.asked[0]["function"], prober.asked[0]["qualifier"]) == ("orders-api", "7")


def test_a_target_that_the_stack_does_not_have_fails_without_a_try() -> None:
    prober = Scripted(Observation(ANSWERED, 200))
    (result,) = run_probes([lambda_probe(function="Gone")], prober, PLACE, no_sleep)
    assert result.verdict.outcome is Outcome.REFUSED
    assert "Gone" in str(result.verdict.reasons[0])
    assert prober.asked == []


def test_an_output_becomes_a_url() -> None:
    prober = Scripted(Observation(ANSWERED, 200))
    probe = Probe.parse({"name": "web", "kind": "http", "output": "Url", "path": "/health", "retries": 0})
    run_probes([probe], prober, PLACE, no_sleep)
    assert prober.asked[0]["url"] == "https://api"


def test_every_try_of_a_round_trip_has_an_id_of_its_own() -> None:
    prober = Scripted(Observation(ProbeAnswer.TIMED_OUT))
    probe = Probe.parse(
        {"name": "trip", "kind": "queue", "send_to": "In", "receive_from": "Out", "message": {"id": "{probe}"},
         "retries": 1}
    )  # fmt: skip
    run_probes([probe], prober, PLACE, no_sleep)
    assert (prober.asked[0]["send_to"], prober.asked[0]["receive_from"]) == ("https://in", "https://out")
    identities = [asked["message"]["id"] for asked in prober.asked]
    assert identities == [asked["probe"] for asked in prober.asked]
    assert len(set(identities)) == 2


def test_probes_run_side_by_side() -> None:
    together = threading.Barrier(4, timeout=5)

    class Meeting:
        def send(self, kind: str, target: Mapping[str, Any], *, timeout: float) -> Observation:
            together.wait()
            return Observation(ANSWERED, 200)

    results = run_probes([lambda_probe(name=f"p{number}") for number in range(4)], Meeting(), PLACE, no_sleep)
    assert [result.name for result in results] == ["p0", "p1", "p2", "p3"]


def test_phases_and_environments() -> None:
    probe = lambda_probe(phases=["before"], environments=["staging"])
    assert probe.runs_in("staging", Phase.BEFORE)
    assert not probe.runs_in("staging", Phase.AFTER)
    assert not probe.runs_in("production", Phase.BEFORE)
    assert lambda_probe().runs_in("anywhere", Phase.AFTER)


def test_evidence_is_short() -> None:
    seen = Observation(ANSWERED, 200, {"body": "x" * 10_000})
    (reason,) = judge(Kind.LAMBDA, {"json": {"body": "y"}}, seen, "answers").reasons
    assert len(reason.message) < 400
