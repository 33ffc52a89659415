"""A third opinion on a pair of policies: the whole question as one formula for z3, with no code of the engine.

Actions, resources and texts are z3 strings and patterns are regular expressions; numbers, moments and addresses are
integers or reals; each context key has a flag for being there. A key that holds a set has three values, some of which
may not be used: enough for any policy of the universe, for no statement asks for more than two different ones.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from importlib import import_module
from ipaddress import ip_network
from typing import Any, Final, cast

z3: Any = import_module("z3")
"""Its functions have no types that a checker could follow."""

Json = Mapping[str, Any]
Term = Any
"""A z3 expression."""

_SET_SIZE: Final = 3
_LINES: Final = {"s3:max-keys": "number", "aws:currenttime": "time", "aws:sourceip": "address"}
_SETS: Final = ("aws:tagkeys",)
_BOOLS: Final = ("aws:securetransport",)
_V6: Final = 1 << 40
_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")


def has_more(old: Json, new: Json, *, milliseconds: int) -> bool | None:
    """Whether New allows a request that Old does not; None if z3 does not know in time."""
    world = _World()
    solver = z3.Solver()
    solver.set("timeout", milliseconds)
    solver.add(world.allows(new), z3.Not(world.allows(old)), *world.axioms())
    answer = solver.check()
    return None if answer == z3.unknown else answer == z3.sat


@dataclass
class _World:
    """One request, all of it unknown."""

    action: Term = field(default_factory=lambda: z3.String("action"))
    resource: Term = field(default_factory=lambda: z3.String("resource"))
    _present: dict[str, Term] = field(default_factory=lambda: dict[str, Term]())

    def present(self, key: str) -> Term:
        return self._present.setdefault(key, z3.Bool(f"has {key}"))

    def values(self, key: str) -> list[tuple[Term, Term]]:
        """The values of a key, each with whether it is there."""
        if key in _SETS:
            return [(z3.Bool(f"uses {key} {index}"), z3.String(f"{key} {index}")) for index in range(_SET_SIZE)]
        line = _LINES.get(key)
        value = z3.String(key) if line is None else z3.Real(key) if line != "address" else z3.Int(key)
        return [(self.present(key), value)]

    def axioms(self) -> list[Term]:
        found = [z3.Length(self.resource) > 0, z3.InRe(self.action, _regex("?*:?*"))]
        for key in list(self._present):
            values = self.values(key)
            if key in _SETS:
                found.append(self.present(key) == z3.Or(*(used for used, _ in values)))
            if key in _BOOLS:
                found.append(z3.Or(*(values[0][1] == z3.StringVal(text) for text in ("true", "false"))))
            if _LINES.get(key) == "address":
                value = values[0][1]
                v4, v6 = (z3.And(value >= low, value < low + size) for low, size in ((0, 1 << 32), (_V6, 1 << 128)))
                found.append(z3.Or(v4, v6))
        return found

    def allows(self, policy: Json) -> Term:
        matched: dict[str, list[Term]] = {"Allow": [], "Deny": []}
        for statement in policy["Statement"]:
            variables = policy["Version"] == "2012-10-17"
            matched[statement["Effect"]].append(self._matches(statement, variables))
        return z3.And(z3.Or(*matched["Allow"]), z3.Not(z3.Or(*matched["Deny"])))

    def _matches(self, statement: Json, variables: bool) -> Term:
        tests: list[Term] = []
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            if name in statement:
                action = name.endswith("Action")
                texts = _listed(statement[name])
                one = [
                    z3.InRe(self.action, _regex(text.lower())) if action else self._like(self.resource, text, variables)
                    for text in texts
                ]
                tests.append(z3.Not(z3.Or(*one)) if name.startswith("Not") else z3.Or(*one))
        for operator, keys in statement.get("Condition", {}).items():
            tests += [self._holds(operator.lower(), key.lower(), _listed(v), variables) for key, v in keys.items()]
        return z3.And(*tests)

    def _like(self, value: Term, text: str, variables: bool, *, wild: bool = True, segments: bool = False) -> Term:
        """Whether a text is one that a pattern stands for; with a variable that has no value it is none."""
        pieces = _VARIABLE.split(text) if variables else [text]
        if len(pieces) == 1:
            return z3.InRe(value, _regex(text, wild=wild, segments=segments))
        cases: list[Term] = []
        names = [name for name in pieces[1::2] if name not in {"*", "?", "$"}]
        for absent in (False, True):
            filled, defaults = self._filled(pieces, absent=absent, wild=wild)
            if defaults:
                conditions = [self.present(_key(name)) == (not absent) for name in names]
                cases.append(z3.And(_concatenated(value, filled), *conditions))
        return z3.Or(*cases)

    def _filled(self, pieces: Sequence[str], *, absent: bool, wild: bool) -> tuple[list[Term], bool]:
        filled: list[Term] = []
        for index, piece in enumerate(pieces):
            if index % 2 == 0:
                filled.append(_regex(piece, wild=wild))
            elif piece in {"*", "?", "$"}:
                filled.append(z3.Re(piece))
            elif not absent:
                filled.append(z3.String(_key(piece)))
            else:
                default = re.search(r",\s*'(.*)'", piece)
                if default is None:
                    return [], False
                filled.append(z3.Re(default.group(1)))
        return filled, True

    def _holds(self, name: str, key: str, values: Sequence[Any], variables: bool) -> Term:
        qualifier, _, base = name.rpartition(":")
        present = self.present(key)
        if base == "null":
            return z3.Or(*(present != (str(value).lower() == "true") for value in values))
        if_exists = base.endswith("ifexists")
        base = base.removesuffix("ifexists")
        negated = "not" in base
        compare = self._comparison(base.replace("not", ""), key, variables)
        every = qualifier == "forallvalues" or (negated and not qualifier)
        found: list[Term] = []
        for used, value in self.values(key):
            passes = z3.Or(*(compare(value, item) for item in values))
            passes = z3.Not(passes) if negated else passes
            found.append(z3.Implies(used, passes) if every else z3.And(used, passes))
        if every or if_exists:
            return z3.Or(z3.Not(present), z3.And(*found) if every else z3.Or(*found))
        return z3.Or(*found)

    def _comparison(self, base: str, key: str, variables: bool) -> Callable[[Term, Any], Term]:
        if base.startswith("arn"):
            return lambda value, item: self._like(value, item, variables, segments=True)
        if base == "stringequalsignorecase":
            return lambda value, item: z3.InRe(value, _folded(item))
        if base.startswith("string"):
            return lambda value, item: self._like(value, item, variables, wild=base == "stringlike")
        if base == "bool":
            return lambda value, item: value == z3.StringVal(str(item).lower())
        if base == "ipaddress":
            return _in_block
        measure = _seconds if _LINES[key] == "time" else float
        relations: dict[str, Callable[[Term, Any], Term]] = {
            "equals": lambda value, item: value == measure(item),
            "lessthan": lambda value, item: value < measure(item),
            "lessthanequals": lambda value, item: value <= measure(item),
            "greaterthan": lambda value, item: value > measure(item),
            "greaterthanequals": lambda value, item: value >= measure(item),
        }
        return relations[re.sub("^(numeric|date)", "", base)]


def _listed(found: Any) -> list[Any]:
    return cast("list[Any]", found) if isinstance(found, list) else [found]


def _key(variable: str) -> str:
    return variable.partition(",")[0].strip().lower()


def _concatenated(value: Term, pieces: Sequence[Term]) -> Term:
    """The value is a string after a string, each plain or in a language."""
    parts, tests = list[Term](), list[Term]()
    for index, piece in enumerate(pieces):
        if z3.is_re(piece):
            unknown = z3.FreshConst(z3.StringSort(), f"piece{index}")
            tests.append(z3.InRe(unknown, piece))
            parts.append(unknown)
        else:
            parts.append(piece)
    whole = parts[0] if len(parts) == 1 else z3.Concat(*parts)
    # What stands for a language is bound here, so that it is "for all" where the comparison is negated.
    names = [part for part, piece in zip(parts, pieces, strict=True) if z3.is_re(piece)]
    return z3.Exists(names, z3.And(value == whole, *tests)) if names else value == whole


def _regex(text: str, *, wild: bool = True, segments: bool = False) -> Term:
    anything = z3.AllChar(z3.ReSort(z3.StringSort()))
    inner = z3.Intersect(anything, z3.Complement(z3.Re(":")))
    last = min(text.count(":"), 5)
    parts: list[Term] = [z3.Re("")]
    segment = 0
    for character in text:
        segment += character == ":"
        one = inner if segments and segment < last else anything
        if wild and character in "*?":
            parts.append(z3.Star(one) if character == "*" else one)
        else:
            parts.append(z3.Re(character))
    return reduce(z3.Concat, parts)


def _folded(text: str) -> Term:
    parts = [z3.Union(z3.Re(char.lower()), z3.Re(char.upper())) for char in text]
    return reduce(z3.Concat, parts, z3.Re(""))


def _seconds(text: Any) -> float:
    return (
        float(text) if str(text).isdigit() else datetime.fromisoformat(f"{text}"[:10] + "T00:00:00+00:00").timestamp()
    )


def _in_block(value: Term, text: str) -> Term:
    network = ip_network(text)
    base = 0 if network.version == 4 else _V6
    return z3.And(value >= base + int(network.network_address), value <= base + int(network.broadcast_address))
