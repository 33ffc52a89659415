"""One round of the metamorphic tests: a policy from a number, changed, compared; for the tests and the benchmark."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.unit.privilege.metamorphic.policies import KINDS, Json, some_policy
from tests.unit.privilege.metamorphic.rewrites import rewritten
from tests.unit.privilege.metamorphic.widenings import likely_requests, widened
from towpath.privilege import Answer, Comparison, compare_documents
from towpath.privilege.caller import is_possible
from towpath.privilege.evaluator import Evaluator
from towpath.privilege.parse import parse_policy
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind

_ASKED = 80
"""How many likely requests are tried to show that a widening lets something through."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one comparison said. `names` are the changes that were made; `seconds` is how long the comparison took."""

    kind: str
    old: Any
    new: Any
    names: Sequence[str]
    comparison: Comparison
    seconds: float

    @property
    def verdict(self) -> Answer:
        return self.comparison.verdict


def _compared(old: Any, new: Any, kind: str, names: Sequence[str]) -> Round:
    started = time.perf_counter()
    found = compare_documents(old, new, kind)
    return Round(kind, old, new, names, found, time.perf_counter() - started)


def rewriting(seed: int) -> list[Round]:
    """A policy and a rewrite of it that changes nothing, compared both ways: nothing may be an expansion."""
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    old = some_policy(chance, kind)
    new, names = rewritten(old, chance)
    return [_compared(old, new, kind, names), _compared(new, old, kind, names)]


def widening(seed: int) -> tuple[Round, Round, Request | None]:
    """A policy and one that can only allow more; the way back; a request that is new for certain, if one was hit on.

    With a request, the first may not be NO_EXPANSION; the way back may be nothing else.
    """
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    old = some_policy(chance, kind)
    new, name = widened(old, chance)
    before, after = judge(old, kind), judge(new, kind)
    asked = filter(is_possible, likely_requests(old, new, chance, kind, _ASKED))
    seen = next((one for one in asked if after.decide(one).allowed and not before.decide(one).allowed), None)
    return _compared(old, new, kind, [name]), _compared(new, old, kind, [name]), seen


def judge(document: Json, kind: str) -> Evaluator:
    """The point evaluator on one document."""
    return Evaluator((parse_policy(document, kind=Kind(kind)),), None, Kind(kind))


def unproven(found: Round) -> list[Request]:
    """Witnesses of a comparison that the point evaluator does not confirm on both sides: there may be none."""
    before, after = judge(found.old, found.kind), judge(found.new, found.kind)
    witnesses = [finding.witness for finding in found.comparison.findings]
    return [one for one in witnesses if before.decide(one).allowed or not after.decide(one).allowed]
