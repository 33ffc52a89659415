"""Which of several resources of a type took which one's place: those that are most like each other.

Alike are resources with the same properties, that refer to the same things and are referred to by the same things; what
the logical ids share decides where that leaves a choice. Two belong together only if each is the likest to the other.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Final, cast

from towpath.privilege.gathering.own_names import explicit_name, own_symbols, relabelled
from towpath.template.resolution import Resource

_LEAST: Final = 0.5
"""As much as half of what is said of either must be said of both."""
_MOST_PAIRS: Final = 2_500
_CDK_HASH: Final = re.compile(r"[0-9A-F]{8}$")
Resources = Mapping[str, Resource]


def likest(pairs: Mapping[str, str], old: Resources, new: Resources) -> dict[str, str]:
    """Old logical id → new logical id, for those without a pair that are the likest to each other."""
    before = _left(old, pairs.keys(), dict(pairs))
    after = _left(new, pairs.values(), {name: name for name in pairs.values()})
    found: dict[str, str] = {}
    for kind in before.keys() & after.keys():
        if len(before[kind]) * len(after[kind]) <= _MOST_PAIRS:
            found |= _mutual(before[kind], after[kind])
    return found


_Features = Counter[str]


def _mutual(before: Mapping[str, _Features], after: Mapping[str, _Features]) -> dict[str, str]:
    likeness = {(one, other): _likeness(one, before[one], other, after[other]) for one in before for other in after}
    best_after = {one: _best({other: likeness[one, other] for other in after}) for one in before}
    best_before = {other: _best({one: likeness[one, other] for one in before}) for other in after}
    return {one: other for one, other in best_after.items() if other is not None and best_before[other] == one}


def _best(likeness: Mapping[str, tuple[float, float]]) -> str | None:
    """The only one that is the likest, if it is like enough."""
    first, *others = sorted(likeness, key=lambda name: likeness[name], reverse=True)
    is_clear = likeness[first][0] >= _LEAST and not (others and likeness[others[0]] == likeness[first])
    return first if is_clear else None


def _likeness(one: str, of_one: _Features, other: str, of_other: _Features) -> tuple[float, float]:
    shared, either = (of_one & of_other).total(), (of_one | of_other).total()
    return shared / either, SequenceMatcher(None, _CDK_HASH.sub("", one), _CDK_HASH.sub("", other)).ratio()


def _left(resources: Resources, taken: Collection[str], known: Mapping[str, str]) -> dict[str, dict[str, _Features]]:
    """What is said of each resource that has neither a pair nor a name, by type."""
    found: defaultdict[str, dict[str, _Features]] = defaultdict(dict)
    for name, item in resources.items():
        if name not in taken and explicit_name(item) is None:
            found[item.type][name] = Counter([item.type, *_leaves(dict(item.properties), "", resources, known)])
    for name, item in resources.items():
        mark = f"<{item.type} {known.get(name, '')}"
        for target in {symbol.logical_id for symbol in own_symbols(dict(item.properties))}:
            of_target = found.get(resources[target].type, {}).get(target) if target in resources else None
            if of_target is not None:
                of_target[mark] += 1
    return found


def _leaves(value: Any, path: str, resources: Resources, known: Mapping[str, str]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _leaves(item, f"{path}.{key}", resources, known)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _leaves(item, f"{path}[]", resources, known)
    else:
        yield f"{path}={relabelled(value, lambda name: known.get(name, _kind(resources.get(name))))}"


def _kind(resource: Resource | None) -> str:
    return f"a {resource.type}" if resource else "?"
