"""Which combinations of open conditions there can be: those that some values of the parameters bring about.

Conditions are seldom independent. `IsDev` and `IsProd` compare the same parameter, and its `AllowedValues` may rule out
that neither holds. What is not understood of a condition may be true or false: so there may be combinations here that
cannot be, and none is left out that can.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Final, cast

World = Mapping[str, bool]
Expression = bool | tuple[str, ...] | tuple[str, tuple["Expression", ...]]
"""True or false; `("is", variable, text)`; `("open", name)`; `("not" | "and" | "or", parts)`."""

_MOST_WORLDS: Final = 64
_MOST_INDEPENDENT: Final = 6
_MOST_ASSIGNMENTS: Final = 4096
_ANOTHER: Final = "\0"
"""A value that no condition names."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the conditions of both sides mean, and the values that variables may have where these are listed."""

    meanings: Mapping[str, Expression] = field(default_factory=dict[str, Expression])
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    _tried: dict[tuple[str, ...], list[World] | None] = field(
        default_factory=dict[tuple[str, ...], "list[World] | None"], compare=False
    )

    def worlds(self, conditions: Iterable[str]) -> list[World] | None:
        """Every combination of some conditions that can be; None when there are too many."""
        names = tuple(sorted(set(conditions)))
        if names not in self._tried:
            self._tried[names] = self._worlds(names)
        return self._tried[names]

    def _worlds(self, names: tuple[str, ...]) -> list[World] | None:
        meanings = [self.meanings.get(name, ("open", name)) for name in names]
        found = self._brought_about(meanings)
        if found is None:
            if len(names) > _MOST_INDEPENDENT:
                return None
            found = list(product((False, True), repeat=len(names)))
        return [dict(zip(names, truths, strict=True)) for truths in found]

    def _brought_about(self, meanings: list[Expression]) -> list[tuple[bool, ...]] | None:
        """The truths of the expressions under every assignment, each once; None when there are too many or none."""
        choices: dict[tuple[str, str], list[object]] = {}
        for part in (part for meaning in meanings for part in leaves(meaning)):
            if part[0] == "open":
                choices[part[0], part[1]] = [False, True]
            else:
                choices.setdefault((part[0], part[1]), []).append(part[2])
        for key, texts in choices.items():
            if key[0] == "is":
                choices[key] = self._values(key[1], texts)
        if prod(len(values) for values in choices.values()) > _MOST_ASSIGNMENTS:
            return None
        found: dict[tuple[bool, ...], None] = {}
        for values in product(*choices.values()):
            chosen = dict(zip(choices, values, strict=True))
            found[tuple(_holds(meaning, chosen) for meaning in meanings)] = None
        return sorted(found) if 0 < len(found) <= _MOST_WORLDS else None

    def _values(self, variable: str, named: Iterable[object]) -> list[object]:
        texts = list(dict.fromkeys(named))
        allowed = self.allowed.get(variable)
        if allowed is None:
            return [*texts, _ANOTHER]
        return [*(text for text in texts if text in allowed), *([_ANOTHER] if allowed - set(texts) else [])]


def leaves(expression: Expression) -> Iterator[tuple[str, ...]]:
    """The comparisons and open parts of an expression."""
    if isinstance(expression, bool):
        return
    if expression[0] in ("is", "open"):
        yield cast("tuple[str, ...]", expression)
        return
    for part in cast("tuple[Expression, ...]", expression[1]):
        yield from leaves(part)


def _holds(expression: Expression, chosen: Mapping[tuple[str, str], object]) -> bool:
    if isinstance(expression, bool):
        return expression
    name = expression[0]
    if name == "is":
        _, variable, text = cast("tuple[str, str, str]", expression)
        return chosen["is", variable] == text
    if name == "open":
        return bool(chosen["open", cast("str", expression[1])])
    parts = [_holds(part, chosen) for part in cast("tuple[Expression, ...]", expression[1])]
    return not parts[0] if name == "not" else all(parts) if name == "and" else any(parts)
