"""What a YAML 1.1 scalar is worth: text, a number, a boolean or null, and never a date, as CloudFormation reads it.

https://yaml.org/type/ for the forms; an account id with a leading zero is octal there, and for CloudFormation too.
"""

import math
from collections.abc import Callable
from typing import Any, cast

import yaml
from yaml import events

from towpath.template.yaml_events import STANDARD

_LONGEST_SHOWN = 40


class UnsupportedTagError(ValueError):
    """CloudFormation does not know the scalar's tag."""


class WrongTagError(ValueError):
    """The text is not of the type that its tag or look says."""


class NotFiniteError(ValueError):
    """The number is infinite or none."""


def scalar_value(event: events.ScalarEvent) -> Any:
    """The value of a scalar: by its tag, or by what its plain text looks like; a short tag's argument is text.

    Raises UnsupportedTagError, WrongTagError or NotFiniteError.
    """
    kind, text = _kind(event), str(event.value)
    shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
    try:
        value = _CONVERSIONS[kind](text)
    except (ValueError, KeyError, OverflowError):
        raise WrongTagError(f"{shown!r} is not a value of the type {kind}.") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise NotFiniteError(shown)
    return value


def _kind(event: events.ScalarEvent) -> str:
    tag: str | None = event.tag
    if tag is None and event.implicit[0]:
        looks_like = cast("str", _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False)))
        kind = looks_like.removeprefix(STANDARD)
        return kind if kind in _CONVERSIONS else "str"
    if tag is None or not tag.startswith(STANDARD):
        return "str"
    if tag.removeprefix(STANDARD) not in _CONVERSIONS:
        raise UnsupportedTagError(tag)
    return tag.removeprefix(STANDARD)


def _integer(text: str) -> int:
    """YAML 1.1: 0x and 0b, a leading zero for octal, colons for base sixty, underscores anywhere."""
    sign, digits = _sign(text.replace("_", ""))
    if ":" in digits:
        return sign * int(_base_sixty(digits, int))
    if digits.startswith(("0x", "0b")):
        return sign * int(digits, 0)
    octal = len(digits) > 1 and digits.startswith("0")
    return sign * int(digits, 8 if octal else 10)


def _number(text: str) -> float:
    sign, digits = _sign(text.replace("_", "").lower())
    if digits in (".inf", ".nan"):
        return math.inf if digits == ".inf" else math.nan
    return sign * (_base_sixty(digits, float) if ":" in digits else float(digits))


def _sign(text: str) -> tuple[int, str]:
    return (-1 if text.startswith("-") else 1), text.lstrip("+-")


def _base_sixty(digits: str, convert: Callable[[str], float]) -> float:
    total: float = 0
    for part in digits.split(":"):
        total = total * 60 + convert(part)
    return total


_BOOLEANS = {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}
_RESOLVER: Any = yaml.SafeLoader("")
_CONVERSIONS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": _integer,
    "float": _number,
    "bool": lambda text: _BOOLEANS[text.lower()],
    "null": lambda _text: None,
}
