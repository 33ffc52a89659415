"""Which resource of the new template is which of the old one, whatever their logical ids are.

The same logical id and type is the same thing, unless both sides give it a name of its own and the names differ. The
others are paired by type and equal name, then by equal definition, where a definition counts what it refers to and
what refers to it: first as widely as that tells resources apart, then less so. Where one resource of a type without a
name of its own is left on each side, the one took the other's place: what it may do more is told as a difference. So
do two that are more like each other than like any other (`likeness`).
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from towpath.privilege.gathering.likeness import likest
from towpath.privilege.gathering.own_names import explicit_name, own_symbols, relabelled
from towpath.template.resolution import Resource

_ROUNDS: Final = 3
Resources = Mapping[str, Resource]
Label = Callable[[str], str]


def same_things(old: Resources, new: Resources) -> dict[str, str]:
    """Old logical id → new logical id, for every resource that survives."""
    pairs = {name: name for name in old if name in new and _may_be_same(old[name], new[name])}
    _pair(pairs, old, new, _explicit(old), _explicit(new))
    waiting = {name for name in old if name not in pairs}
    if waiting and len(pairs) < len(new):
        shades = zip(_colours(old, pairs), _colours(new, {name: name for name in pairs.values()}), strict=True)
        for before, after in reversed(list(shades)):
            _pair(pairs, old, new, before, after)
    return pairs


def same_places(pairs: Mapping[str, str], old: Resources, new: Resources) -> dict[str, str]:
    """The pairs, and those that are left alone of their type on both sides; else those that are the likest."""
    found = dict(pairs)
    _pair(found, old, new, _only_ones(old, pairs), _only_ones(new, pairs.values()))
    return found if len(found) > len(pairs) else {**pairs, **likest(pairs, old, new)}


def _may_be_same(old: Resource, new: Resource) -> bool:
    if old.type != new.type:
        return False
    names = explicit_name(old), explicit_name(new)
    return None in names or names[0] == names[1]


def _explicit(resources: Resources) -> dict[str, str]:
    names = ((name, explicit_name(resource), resource.type) for name, resource in resources.items())
    return {name: f"{kind} {found}" for name, found, kind in names if found is not None}


def _only_ones(resources: Resources, taken: Collection[str]) -> dict[str, str]:
    """The resources that are left alone of their type, by their type."""
    left = [item for name, item in resources.items() if name not in taken and explicit_name(item) is None]
    count = Counter(item.type for item in left)
    return {item.logical_id: item.type for item in left if count[item.type] == 1}


def _pair(
    pairs: dict[str, str], old: Resources, new: Resources, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    """Pairs what is left by equal marks: those with the same mark are interchangeable, so their order decides."""
    taken = set(pairs.values())
    free: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted((name for name in new if name not in taken and name in after), reverse=True):
        free[after[name]].append(name)
    for name in sorted(name for name in old if name not in pairs and name in before):
        if free[before[name]]:
            pairs[name] = free[before[name]].pop()


def _colours(resources: Resources, known: Mapping[str, str]) -> list[dict[str, str]]:
    """A mark per resource that its logical id has no part in; each round looks one reference further."""
    references = {name: Counter(symbol.logical_id for symbol in own_symbols(dict(item.properties)))
                  for name, item in resources.items()}  # fmt: skip
    referrers: defaultdict[str, list[str]] = defaultdict(list)
    for name, found in references.items():
        for target in found:
            referrers[target].append(name)
    colour = {name: _definition(item, lambda other: known.get(other, "?")) for name, item in resources.items()}
    rounds = [colour]
    for _ in range(_ROUNDS):
        last = rounds[-1]
        rounds.append(
            {
                name: _digest([last[name], *_seen(references[name], last), "<", *_seen(referrers[name], last)])
                for name in resources
            }
        )
    return rounds


def _seen(names: Iterable[str], colour: Mapping[str, str]) -> list[str]:
    return sorted(colour.get(name, "") for name in names)


def _definition(resource: Resource, label: Label) -> str:
    return _digest([resource.type, relabelled(dict(resource.properties), label), resource.condition.value])


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
