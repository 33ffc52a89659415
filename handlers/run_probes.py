"""Runs the probes of one phase: `before` reaches new versions by their numbers, `after` goes through the aliases.

Output: outcome `passed` or `failed` (with `verdict`). What every probe found is announced, and so in the ledger.
"""

import time
from typing import Any

from towpath.aws.stage import Stage
from towpath.aws.step import Step, promotion_step
from towpath.promotion.events import EventKind, of_promotion
from towpath.promotion.records import PromotionState
from towpath.traffic.probes.model import Phase, Probe
from towpath.traffic.probes.running import ProbeResult, Surroundings, run_probes
from towpath.traffic.versions import published_version
from towpath.verdict import Outcome, combine


@promotion_step(PromotionState.PROBING)
def handler(step: Step) -> dict[str, Any]:
    stage, phase = Stage(step), Phase(step["phase"])
    declared = [Probe.parse(document) for document in stage.manifest.document.get("probes", [])]
    probes = [probe for probe in declared if probe.runs_in(stage.environment.name, phase)]
    if not probes:
        return {"outcome": "passed", "says": f"No probe is declared for the time {phase.value} the traffic shift."}
    results = run_probes(probes, stage.prober, _surroundings(stage, phase), time.sleep)
    verdict = combine(result.verdict for result in results)
    passed = verdict.is_passed or (
        verdict.outcome is Outcome.INCONCLUSIVE and stage.environment.gates.probes_inconclusive == "pass"
    )
    says = _says(results, phase)
    _announce(step, phase, results, says)
    return {
        "outcome": "passed" if passed else "failed",
        "says": says,
        **({} if passed else {"verdict": verdict.brief().to_json()}),
    }


def _surroundings(stage: Stage, phase: Phase) -> Surroundings:
    qualifiers: dict[str, str] = {}
    for rollout in stage.progressive:
        version = published_version(stage.names.get(rollout.function, ""), stage.names.values())
        qualifiers[rollout.function] = version if phase is Phase.BEFORE else rollout.alias_name
    outputs = stage.deployer.stack(stage.stack).outputs
    return Surroundings(stage.names, outputs, {name: found for name, found in qualifiers.items() if found})


def _says(results: tuple[ProbeResult, ...], phase: Phase) -> str:
    failed = [result for result in results if not result.verdict.is_passed]
    if not failed:
        return f"All {len(results)} probes passed {phase.value} the traffic shift."
    first = failed[0].verdict.reasons[0]
    return f"{len(failed)} of {len(results)} probes did not pass {phase.value} the traffic shift; {first}"


def _announce(step: Step, phase: Phase, results: tuple[ProbeResult, ...], says: str) -> None:
    specifics = {"phase": phase.value, "results": [result.to_json() for result in results]}
    step.runtime.announcer.announce(
        of_promotion(
            EventKind.PROBES_FINISHED,
            step.promotion,
            says,
            step.runtime.clock.now(),
            specifics,
            discriminator=phase.value,
        )
    )
