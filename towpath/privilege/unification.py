"""Lays a resolved value of a template beside the same value with everything known: what do its symbols stand for?

An answer is given only where the two fit in every known part, and where there is but one way to fit them.
"""

import re
from itertools import pairwise
from typing import Any, Final, cast

from towpath.privilege.gathering.side import KNOWN_AFTER_APPLY
from towpath.template.value import NO_VALUE, Either, Symbol, Text, scalar_text

Shown = str | int | float | bool | list[Any]
Fit = list[tuple[Symbol, Shown]]

_MOST_SYMBOLS: Final = 4
_LONGEST: Final = 4_096
"""A text of more symbols or characters is not taken apart: how its parts fit is not searched for."""


def fits(value: Any, shown: Any) -> Fit | None:
    """The symbols of `value` and what `shown` has in their places; None where the two contradict each other."""
    if isinstance(value, Symbol):
        return [] if isinstance(shown, dict) or shown is None else [(value, shown)]
    if isinstance(value, Text):
        return _text_fits(value, shown) if isinstance(shown, str) else None
    if isinstance(value, Either):
        ways = [found for branch in (value.when_true, value.when_false) if (found := fits(branch, shown)) is not None]
        return ways[0] if len(ways) == 1 else ([] if ways else None)
    if isinstance(shown, str) and KNOWN_AFTER_APPLY in shown:
        return []
    if isinstance(value, dict):
        return _entries_fit(cast("dict[str, Any]", value), cast("Any", shown))
    if isinstance(value, list):
        return _items_fit(cast("list[Any]", value), cast("Any", shown))
    if value is NO_VALUE:
        return None
    return [] if scalar_text(value) == scalar_text(shown) else None


def _entries_fit(value: dict[str, Any], shown: Any) -> Fit | None:
    if not isinstance(shown, dict):
        return None
    entries = cast("dict[str, Any]", shown)
    return _together([fits(item, entries[key]) for key, item in value.items() if key in entries])


def _items_fit(value: list[Any], shown: Any) -> Fit | None:
    if not isinstance(shown, list):
        return None
    items = cast("list[Any]", shown)
    if len(items) != len(value):
        return [] if any(isinstance(item, (Either, Symbol)) for item in value) else None
    return _together([fits(*pair) for pair in zip(value, items, strict=True)])


def _together(found: list[Fit | None]) -> Fit | None:
    known = [item for item in found if item is not None]
    return [pair for item in known for pair in item] if len(known) == len(found) else None


def _text_fits(value: Text, shown: str) -> Fit | None:
    symbols = [part for part in value.parts if isinstance(part, Symbol)]
    if KNOWN_AFTER_APPLY in shown:
        return [(symbol, KNOWN_AFTER_APPLY) for symbol in symbols]
    if len(symbols) > _MOST_SYMBOLS or len(shown) > _LONGEST:
        return []
    if any(isinstance(left, Symbol) and isinstance(right, Symbol) for left, right in pairwise(value.parts)):
        return []
    readings: list[tuple[str, ...]] = []
    for taking in ("(.*)", "(.*?)"):
        pattern = "".join(taking if isinstance(part, Symbol) else re.escape(part) for part in value.parts)
        found = re.fullmatch(pattern, shown, re.DOTALL)
        if found is None:
            return None
        readings.append(found.groups())
    return list(zip(symbols, readings[0], strict=True)) if readings[0] == readings[1] else []
