"""What the open conditions of both sides mean in terms of their parameters, for `circumstances`.

A parameter without a value is taken to have the same one on both sides, as everywhere in a comparison.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, cast

from towpath.privilege.gathering.circumstances import Circumstances, Expression, leaves
from towpath.privilege.gathering.side import Side
from towpath.template.conditions import Truth
from towpath.template.functions import function_of
from towpath.template.limits import MAX_DEPTH
from towpath.template.parameters import declared_parameters
from towpath.template.value import Symbol, scalar_text

_MOST_LEAVES: Final = 100
_JOINED: Final = {"Fn::Not": "not", "Fn::And": "and", "Fn::Or": "or"}


def circumstances_of(sides: tuple[Side, Side]) -> Circumstances:
    """The circumstances that two templates may be deployed in."""
    meanings: dict[str, Expression] = {}
    allowed: dict[str, frozenset[str] | None] = {}
    for side in sides:
        reader = _Reader(side)
        for name, truth in side.resolved.conditions.items():
            if truth is Truth.UNKNOWN:
                meanings[side.conditions.get(name, name)] = reader.named(name)
        for variable, values in _listed_values(side).items():
            known = allowed.get(variable, values)
            allowed[variable] = None if known is None or values is None else known | values
    return Circumstances(meanings, {name: values for name, values in allowed.items() if values is not None})


def _listed_values(side: Side) -> Mapping[str, frozenset[str] | None]:
    """The values that parameters without a known one may have; None where any may be."""
    found: dict[str, frozenset[str] | None] = {}
    for name, parameter in declared_parameters(side.template).items():
        value = side.shared(side.resolved.parameters.get(name))
        if isinstance(value, Symbol):
            is_listed = bool(parameter.allowed_values) and not parameter.is_ssm_value and not parameter.is_list
            found[value.text] = frozenset(parameter.allowed_values) if is_listed else None
    return found


class _Reader:
    """Reads the conditions of one side."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._definitions = side.template.section("Conditions")
        self._asked: list[str] = []
        self._known: dict[str, Expression] = {}

    def named(self, name: str) -> Expression:
        """What a condition means; open where it hangs on itself, is not defined, or is longer than anybody writes."""
        if name not in self._known:
            found = self._defined(name)
            if name in self._asked:
                return found
            is_long = next(islice(leaves(found), _MOST_LEAVES, None), None) is not None
            self._known[name] = self._open(name) if is_long else found
        return self._known[name]

    def _defined(self, name: str) -> Expression:
        truth = self._side.resolved.conditions.get(name)
        if truth in (Truth.TRUE, Truth.FALSE):
            return truth is Truth.TRUE
        if name in self._asked or name not in self._definitions or len(self._asked) >= MAX_DEPTH:
            return self._open(name)
        self._asked.append(name)
        found = self._read(self._definitions[name], 0)
        self._asked.pop()
        return found

    def _read(self, value: Any, depth: int) -> Expression:
        entries = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if list(entries) == ["Condition"] and isinstance(entries["Condition"], str):
            return self.named(entries["Condition"])
        function = function_of(value)
        parts: list[Any] = cast("list[Any]", found) if isinstance(found := entries.get(function or ""), list) else []
        if function == "Fn::Equals" and len(parts) == 2:
            return self._equal(parts[0], parts[1]) or self._open(value)
        if function in _JOINED and parts and depth < MAX_DEPTH and (function != "Fn::Not" or len(parts) == 1):
            return _JOINED[function], tuple(self._read(part, depth + 1) for part in parts)
        return self._open(value)

    def _equal(self, left: Any, right: Any) -> Expression | None:
        sides = [self._operand(left), self._operand(right)]
        variables = [item.text for item in sides if isinstance(item, Symbol)]
        texts = [item for item in sides if isinstance(item, str)]
        if len(variables) == 1 and len(texts) == 1:
            return "is", variables[0], texts[0]
        return ("open", " = ".join(sorted(variables))) if len(variables) == 2 and len(set(variables)) == 2 else None

    def _operand(self, value: Any) -> Any:
        """A text or a symbol; None for what is neither."""
        entries = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        name = entries.get("Ref") if list(entries) == ["Ref"] else None
        if isinstance(name, str):
            known = self._side.resolved.parameters.get(name, self._side.place.get(name))
            value = self._side.shared(known)
        return value if isinstance(value, Symbol) else scalar_text(value)

    def _open(self, value: Any) -> Expression:
        """Something that is not understood: only what is written alike on the same side is the same."""
        side = "new" if self._side.is_new else "old"
        return "open", f"{side} {json.dumps(value, sort_keys=True, default=str)}"
