"""Generated pairs of templates: rewrites that change nothing, and widenings, hidden under the same rewrites."""

import copy
import random

from tests.unit.privilege.gathering.rewrites import REWRITES, rename
from tests.unit.privilege.gathering.rich_template import WIDENINGS, rich_template
from tests.unit.privilege.gathering.templates import Json
from tests.unit.privilege.gathering.written_otherwise import WRITTEN_OTHERWISE, whole

_CHANGES = (*WRITTEN_OTHERWISE[:1], *REWRITES[1:], *WRITTEN_OTHERWISE[1:])


def rewritten(template: Json, chance: random.Random, *, renamed: bool) -> tuple[Json, list[str]]:
    """The template after one to four rewrites in a fixed order, and their names."""
    chosen = sorted(chance.sample(range(len(_CHANGES)), chance.randint(1, 4)))
    new = copy.deepcopy(template)
    names: list[str] = []
    for index in chosen:
        change = _CHANGES[index]
        if change.__name__ in ("split", "sids", "reorder") and "spelled" in names:
            continue
        new = whole(new, change(new, chance))
        names.append(change.__name__)
    if renamed:
        new = whole(new, rename({"Resources": new["Resources"]}, chance))
        names.append("rename")
    return new, names


def harmless_pair(seed: int) -> tuple[Json, Json, list[str]]:
    """Two templates that grant the same, and how the second was made."""
    chance = random.Random(seed)
    old = rich_template(chance)
    new, names = rewritten(old, chance, renamed=seed % 3 == 0)
    return old, new, names


def widened_pair(seed: int) -> tuple[Json, Json, list[str]]:
    """Two templates of which the second grants more by construction, and how it was made."""
    chance = random.Random(seed)
    name = list(WIDENINGS)[seed % len(WIDENINGS)]
    old = rich_template(chance, name)
    new = copy.deepcopy(old)
    WIDENINGS[name](new)
    if seed // len(WIDENINGS) % 2:
        new, names = rewritten(new, chance, renamed=False)
        return old, new, [name, *names]
    return old, new, [name]
