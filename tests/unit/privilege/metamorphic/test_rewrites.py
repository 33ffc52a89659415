"""Rewrites that change nothing are NO_EXPANSION both ways; what can only widen never is, and its reverse always.

A part of what `python -m tests.bench.bench_rewrites` runs ten thousand times of each.
"""

import copy
import json
import random
from collections import Counter

import pytest

from tests.unit.privilege.metamorphic.campaign import rewriting, unproven, widening
from tests.unit.privilege.metamorphic.policies import KINDS, some_policy
from tests.unit.privilege.metamorphic.rewrites import LAST, REWRITES, Rewrite
from tests.unit.privilege.metamorphic.widenings import WIDENINGS
from towpath.privilege import Answer, compare_documents

ROUNDS = 500
WIDER = 700


@pytest.mark.parametrize("rewrite", [*REWRITES, *LAST], ids=lambda rewrite: rewrite.__name__)
def test_each_rewrite_changes_nothing(rewrite: Rewrite) -> None:
    applied = 0
    for seed in range(10_000):
        chance = random.Random(seed)
        kind = KINDS[seed % len(KINDS)]
        old = some_policy(chance, kind)
        new = copy.deepcopy(old)
        if not rewrite(new, chance):
            continue
        applied += new != old
        for first, second in ((old, new), (new, old)):
            found = compare_documents(first, second, kind)
            assert found.verdict is Answer.NO_EXPANSION, (json.dumps(first), json.dumps(second), found)
        if applied == 12:
            return
    raise AssertionError(f"{rewrite.__name__} found a place {applied} times only")


def test_rewrites_together_change_nothing() -> None:
    for seed in range(ROUNDS):
        for found in rewriting(seed):
            assert found.verdict is Answer.NO_EXPANSION, (seed, found.names, found)


def test_what_can_only_widen_is_seen_and_its_reverse_is_no_expansion() -> None:
    seen: Counter[str] = Counter()
    for seed in range(WIDER):
        there, back, request = widening(seed)
        assert back.verdict is Answer.NO_EXPANSION, (seed, back)
        assert there.verdict is not Answer.UNKNOWN, (seed, there)
        assert not unproven(there), (seed, there)
        if request is not None:
            seen[there.names[0]] += 1
            assert there.verdict is Answer.EXPANSION, (seed, request, there)
    assert seen.total() > WIDER // 2
    assert set(seen) == {item.__name__ for item in WIDENINGS}
