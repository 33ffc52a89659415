"""How often the privilege diff is wrong about policies that were changed in a known way, and how long it takes.

    python -m tests.bench.bench_rewrites [--rewrites 10000] [--widenings 10000] [--seed 0] [--json FILE]

Rewrites that change nothing are compared both ways: every answer but NO_EXPANSION is wrong. Widenings are counted when
a request is known that is new for certain: NO_EXPANSION is wrong, UNKNOWN is counted, and every witness is checked by
the point evaluator. The way back of a widening may be nothing but NO_EXPANSION.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.unit.privilege.metamorphic.campaign import rewriting, unproven, widening
from towpath.privilege import Answer


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds: the median, the 95th and 99th percentile, the worst."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    places = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: ordered[int(len(ordered) * place)] for name, place in places.items()}
    return {name: round(value * 1000, 2) for name, value in (found | {"worst": ordered[-1]}).items()}


def rewrites(count: int, seed: int) -> dict[str, Any]:
    """`count` rewrites, each compared both ways."""
    answers, names, seconds = Counter[str](), Counter[str](), list[float]()
    wrong: list[int] = []
    for number in range(seed, seed + count):
        both = rewriting(number)
        answers.update(found.verdict.value for found in both)
        seconds += [found.seconds for found in both]
        names.update(both[0].names)
        if any(found.verdict is not Answer.NO_EXPANSION for found in both):
            wrong.append(number)
    return {"rewrites": count, "answers": answers, "wrong": wrong[:20], "by_name": names, "ms": _quantiles(seconds)}


def widenings(count: int, seed: int) -> dict[str, Any]:
    """As many widenings as it takes to have `count` with a request that is new for certain."""
    answers, back, names, seconds = Counter[str](), Counter[str](), Counter[str](), list[float]()
    wrong: list[int] = []
    number = seed
    while answers.total() < count:
        there, reverse, request = widening(number)
        seconds += [there.seconds, reverse.seconds]
        back[reverse.verdict.value] += 1
        is_wrong = bool(unproven(there)) or reverse.verdict is not Answer.NO_EXPANSION
        if request is not None:
            answers[there.verdict.value] += 1
            names.update(there.names)
            is_wrong |= there.verdict is Answer.NO_EXPANSION
        if is_wrong:
            wrong.append(number)
        number += 1
    return {
        "tried": number - seed,
        "certain": answers.total(),
        "answers": answers,
        "back": back,
        "wrong": wrong[:20],
        "by_name": names,
        "ms": _quantiles(seconds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rewrites", type=int, default=10_000)
    parser.add_argument("--widenings", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    started = time.perf_counter()
    found = {"seed": arguments.seed, "rewrites": rewrites(arguments.rewrites, arguments.seed)}
    found["widenings"] = widenings(arguments.widenings, arguments.seed)
    found["seconds"] = round(time.perf_counter() - started)
    text = json.dumps(found, indent=2)
    if arguments.json:
        arguments.json.write_text(text + "\n")
    print(text)
    if found["rewrites"]["wrong"] or found["widenings"]["wrong"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
