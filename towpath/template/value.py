"""What a resolved value can be besides plain JSON: a symbol, a partly known text, two branches, or no value at all.

What is not known before deployment becomes a `Symbol`, equal only to itself. A text with symbols in it is a `Text`; an
`Fn::If` whose condition is not known is an `Either`, so that a reader can take both branches.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast


class SymbolKind(StrEnum):
    """Why a value is not known."""

    RESOURCE = "resource"
    """`Ref` of a resource: its physical id."""
    ATTRIBUTE = "attribute"
    """`Fn::GetAtt` of a resource."""
    PARAMETER = "parameter"
    """A parameter without a value, or one whose value must not be shown (`NoEcho`, SSM)."""
    PSEUDO = "pseudo"
    """A pseudo parameter such as `AWS::AccountId` that was not given."""
    IMPORT = "import"
    """`Fn::ImportValue` or `Fn::GetStackOutput`: another stack's output."""
    DYNAMIC = "dynamic"
    """A dynamic reference, `{{resolve:...}}`."""
    CALL = "call"
    """A function of something that is not known."""
    INVALID = "invalid"
    """Something that CloudFormation would refuse; the reason is among the problems."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """An unknown value. `text` is canonical: equal symbols stand for the same value, others may or may not differ."""

    text: str
    kind: SymbolKind
    logical_id: str = ""
    attribute: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Text:
    """A partly known string: known pieces and symbols in order; no two known pieces stand side by side."""

    parts: tuple[str | Symbol, ...]

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """`when_true` if the condition called `condition` holds, else `when_false`; a branch can be `NO_VALUE`."""

    condition: str
    when_true: Any
    when_false: Any


class NoValue:
    """`AWS::NoValue`: the entry that holds it does not exist. There is one, `NO_VALUE`."""

    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE: Final = NoValue()


def text_of(parts: Iterable[str | Symbol | Text]) -> str | Symbol | Text:
    """The pieces as one value: a plain string when all are known, the symbol itself when nothing stands beside it."""
    joined: list[str | Symbol] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if isinstance(piece, str) and joined and isinstance(joined[-1], str):
                joined[-1] += piece
            elif piece != "":
                joined.append(piece)
    if not joined:
        return ""
    return joined[0] if len(joined) == 1 else Text(tuple(joined))


def scalar_text(value: Any) -> str | None:
    """How CloudFormation writes a known scalar inside a string; None when it is not one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else None


def is_known(value: Any) -> bool:
    """Whether nothing in the value is a symbol, a partly known text or a pair of branches."""
    if isinstance(value, (Symbol, Text, Either)):
        return False
    return all(is_known(item) for item in children(value))


def children(value: Any) -> Iterable[Any]:
    """What a mapping or list holds; nothing for anything else."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()


def canonical(value: Any) -> str:
    """One text per value, different for different values: JSON with sorted keys, symbols written bare."""
    if isinstance(value, (Symbol, NoValue)):
        return str(value)
    if isinstance(value, Text):
        return "+".join(canonical(part) for part in value.parts)
    if isinstance(value, Either):
        return f"If({json.dumps(value.condition)},{canonical(value.when_true)},{canonical(value.when_false)})"
    if isinstance(value, dict):
        entries = sorted(cast("dict[str, Any]", value).items())
        return "{" + ",".join(f"{json.dumps(key)}:{canonical(item)}" for key, item in entries) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in cast("list[Any]", value)) + "]"
    return json.dumps(value)


def symbols_in(value: Any) -> Iterator[Symbol]:
    """Every symbol in a value, in both branches of what is not decided."""
    if isinstance(value, Symbol):
        yield value
    elif isinstance(value, Text):
        yield from (part for part in value.parts if isinstance(part, Symbol))
    elif isinstance(value, Either):
        yield from symbols_in(value.when_true)
        yield from symbols_in(value.when_false)
    else:
        for item in children(value):
            yield from symbols_in(item)


def first_either(value: Any) -> Either | None:
    """The outermost, leftmost pair of branches in a value."""
    if isinstance(value, Either):
        return value
    return next((found for item in children(value) if (found := first_either(item)) is not None), None)


def assume(value: Any, assumed: Mapping[str, bool]) -> Any:
    """The value when the named conditions hold or not; entries that have no value then are gone."""
    if isinstance(value, Either) and value.condition in assumed:
        return assume(value.when_true if assumed[value.condition] else value.when_false, assumed)
    if isinstance(value, Either):
        return Either(value.condition, assume(value.when_true, assumed), assume(value.when_false, assumed))
    if isinstance(value, dict):
        entries = {key: assume(item, assumed) for key, item in cast("dict[str, Any]", value).items()}
        return {key: item for key, item in entries.items() if item is not NO_VALUE}
    if isinstance(value, list):
        items = [assume(item, assumed) for item in cast("list[Any]", value)]
        return [item for item in items if item is not NO_VALUE]
    return value


def alternatives(value: Any, *, limit: int = 64) -> list[tuple[Mapping[str, bool], Any]] | None:
    """Every form the value can take, each with the conditions it takes; None when there are more than `limit`."""
    found: list[tuple[Mapping[str, bool], Any]] = []
    waiting: list[tuple[Mapping[str, bool], Any]] = [({}, value)]
    while waiting:
        assumed, form = waiting.pop()
        either = first_either(form)
        if either is None:
            found.append((assumed, form))
        else:
            for truth in (False, True):
                taken = {**assumed, either.condition: truth}
                waiting.append((taken, assume(form, taken)))
        if len(found) + len(waiting) > limit:
            return None
    return found
