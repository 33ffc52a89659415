"""Rewrites that change nothing are never an expansion; widening by construction is always seen."""

import copy
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.privilege.gathering.generated import harmless_pair, widened_pair
from tests.unit.privilege.gathering.rewrites import REWRITES, rename, some_template, widen
from tests.unit.privilege.gathering.rich_template import WIDENINGS
from tests.unit.privilege.gathering.templates import Json, compared


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 10**9), st.lists(st.sampled_from(range(1, len(REWRITES))), max_size=4, unique=True), st.booleans()
)
def test_a_rewrite_is_no_expansion(seed: int, chosen: list[int], renamed: bool) -> None:
    chance = random.Random(seed)
    old = some_template(chance)
    new = copy.deepcopy(old)
    for index in sorted(chosen):
        new = REWRITES[index](new, chance)
    if renamed:
        new = rename(new, chance)
    found = compared(old, new)
    assert found.verdict.value == "NO_EXPANSION", (old, new, found)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_widening_is_seen(seed: int) -> None:
    chance = random.Random(seed)
    old = some_template(chance)
    new = widen(copy.deepcopy(old), chance)
    back = compared(new, old)
    if back.removed:
        assert compared(old, new).verdict.value == "EXPANSION"


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.__name__)
def test_each_rewrite_changes_nothing(rewrite: Callable[[Json, random.Random], Json]) -> None:
    for seed in range(5):
        chance = random.Random(seed)
        old = some_template(chance)
        assert compared(old, rewrite(copy.deepcopy(old), chance)).verdict.value == "NO_EXPANSION"


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_generated_rewrites_change_nothing(first: int) -> None:
    """`python -m tests.bench.bench_template_rewrites` runs ten thousand of these."""
    for seed in range(first, first + 30):
        old, new, names = harmless_pair(seed)
        found = compared(old, new)
        assert found.verdict.value == "NO_EXPANSION", (seed, names, found)


@pytest.mark.parametrize("kind", range(len(WIDENINGS)), ids=list(WIDENINGS))
def test_generated_widenings_are_expansions(kind: int) -> None:
    """Plain, and hidden under rewrites."""
    for seed in range(kind, 4 * len(WIDENINGS), len(WIDENINGS)):
        old, new, names = widened_pair(seed)
        assert compared(old, new).verdict.value == "EXPANSION", (seed, names)
