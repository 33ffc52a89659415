"""What each intrinsic function gives for arguments that are already resolved.

Every function here is pure: arguments in, value out. `NotYetKnownError` means that only a deployment can tell, and
`WrongCallError` that CloudFormation would refuse the call. One page per function is linked from
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import hashlib
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from towpath.template.value import NO_VALUE, Symbol, SymbolKind, Text, canonical, is_known, scalar_text, text_of

_DYNAMIC = re.compile(r"\{\{resolve:[^{}]*\}\}")
_PLACEHOLDER = re.compile("\0([0-9]+)\0")
_WRITTEN_PLACEHOLDER = re.compile(r"\\u0000([0-9]+)\\u0000")


class NotYetKnownError(Exception):
    """Only a deployment can tell what the call gives."""


class WrongCallError(Exception):
    """CloudFormation would refuse the call; the message says why."""


Piece = str | Symbol | Text


def join(argument: Any) -> Any:
    """`[delimiter, [values]]`."""
    delimiter, values = _pair(argument, "a delimiter and a list")
    pieces: list[Piece] = []
    for value in _items(values):
        pieces += [_piece(delimiter), _piece(value)]
    return with_dynamic_references(text_of(pieces[1:]))


def split(argument: Any) -> Any:
    """`[delimiter, text]`."""
    delimiter, text = _pair(argument, "a delimiter and a text")
    if not isinstance(delimiter, str) or not delimiter:
        raise WrongCallError("the delimiter is no text")
    return _known_text(text).split(delimiter)


def select(argument: Any) -> Any:
    """`[index, [values]]`."""
    index, values = _pair(argument, "an index and a list")
    number = _known_text(index)
    items = _items(values)
    if not number.isascii() or not number.isdigit():
        raise WrongCallError(f"the index {number!r} is no whole number from 0")
    if int(number) >= len(items):
        raise WrongCallError(f"the index {number} is beyond the list's {len(items)} items")
    return items[int(number)]


def to_base64(argument: Any) -> Any:
    """A text's UTF-8 bytes in base64."""
    return base64.b64encode(_known_text(argument).encode()).decode("ascii")


def length(argument: Any) -> Any:
    """How many items a list has."""
    return len(_items(argument))


def to_json_string(argument: Any) -> Any:
    """An object or list as compact JSON; what is not known stands in its texts as it is."""
    symbols: list[Symbol] = []
    written = json.dumps(_marked(argument, symbols), separators=(",", ":"), ensure_ascii=False)
    pieces = _WRITTEN_PLACEHOLDER.split(written)
    return text_of(symbols[int(piece)] if index % 2 else piece for index, piece in enumerate(pieces))


def _marked(value: Any, symbols: list[Symbol]) -> Any:
    """The value with a numbered mark for each symbol, which is added to the list."""
    if isinstance(value, dict):
        return {key: _marked(item, symbols) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_marked(item, symbols) for item in cast("list[Any]", value)]
    if isinstance(value, (Symbol, Text)):
        pieces: list[str] = []
        for part in value.parts if isinstance(value, Text) else (value,):
            pieces.append(f"\0{len(symbols)}\0" if isinstance(part, Symbol) else _without_marks(part))
            symbols += [part] if isinstance(part, Symbol) else []
        return "".join(pieces)
    if not is_known(value):
        raise NotYetKnownError
    return _without_marks(value) if isinstance(value, str) else value


def _without_marks(text: str) -> str:
    if "\0" in text:
        raise NotYetKnownError
    return text


def cidr(argument: Any) -> Any:
    """`[block, count, cidrBits]`: the first `count` blocks with `cidrBits` host bits (32 when left out)."""
    parts = _items(argument)
    if len(parts) not in (2, 3):
        raise WrongCallError("it takes a block, a count and the host bits")
    block, count, bits = (_known_text(part) for part in [*parts, "32"][:3])
    try:
        network = ipaddress.ip_network(block, strict=False)
        blocks = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        found = [str(subnet) for subnet in itertools.islice(blocks, min(int(count), 256))]
    except ValueError as error:
        raise WrongCallError(str(error)) from None
    if len(found) < int(count):
        raise WrongCallError(f"the block {block} holds no {count} blocks of {bits} host bits (at most 256 are made)")
    return found


def find_in_map(mappings: Mapping[str, Any]) -> Callable[[Any], Any]:
    """`[map, top key, second key, {"DefaultValue": value}]` over these mappings."""

    def find(argument: Any) -> Any:
        parts = _items(argument)
        if len(parts) not in (3, 4):
            raise WrongCallError("it takes a map's name and two keys")
        fallback: Any = NO_VALUE
        if len(parts) == 4 and isinstance(parts[3], dict):
            fallback = cast("dict[str, Any]", parts[3]).get("DefaultValue", NO_VALUE)
        return _look_up(
            mappings, [part if isinstance(part, str) else scalar_text(part) for part in parts[:3]], fallback, parts
        )

    return find


def _look_up(mappings: Mapping[str, Any], keys: list[str | None], fallback: Any, argument: Any) -> Any:
    level: Any = mappings
    for depth, key in enumerate(keys):
        if key is None:
            return _one_of(level, keys[depth + 1 :], fallback, argument)
        if not isinstance(level, Mapping) or key not in level:
            if fallback is NO_VALUE:
                raise WrongCallError(f'there is no "{key}" in {_path_text(keys[:depth])}')
            return fallback
        level = cast("Mapping[str, Any]", level)[key]
    return level


def _path_text(keys: list[str | None]) -> str:
    return "the mapping " + ".".join(str(key) for key in keys) if keys else "Mappings"


def _one_of(level: Any, later: list[str | None], fallback: Any, argument: Any) -> Any:
    """A value behind a key that is not known: the same for every key, or a symbol that stands for these candidates."""
    tables = [level]
    for key in [None, *later]:
        below = [entry for table in tables if isinstance(table, Mapping) for entry in _entries(table, key)]  # pyright: ignore[reportUnknownArgumentType]
        tables = below
    candidates = {canonical(table): table for table in tables}
    if len(candidates) == 1 and fallback is NO_VALUE:
        return next(iter(candidates.values()))
    content = hashlib.sha256("\n".join(sorted(candidates)).encode()).hexdigest()[:12]
    return Symbol(f"Fn::FindInMap({canonical(argument)})#{content}", SymbolKind.CALL)


def _entries(table: Mapping[str, Any], key: str | None) -> list[Any]:
    if key is None:
        return list(table.values())
    return [table[key]] if key in table else []


def substitute(text: str, values: Mapping[str, Any]) -> Any:
    """`Fn::Sub` once the variables are resolved; `${!Name}` is the literal `${Name}`."""
    pieces: list[Piece] = []
    for literal, variable in sub_parts(text):
        pieces.append(literal if variable is None else _piece(values[variable]))
    return with_dynamic_references(text_of(pieces))


_SUB = re.compile(r"\$\{([^{}]*)\}")


def sub_parts(text: str) -> list[tuple[str, str | None]]:
    """The pieces of a `Fn::Sub` text: `(literal, None)` or `("", variable)`."""
    parts: list[tuple[str, str | None]] = []
    end = 0
    for found in _SUB.finditer(text):
        parts.append((text[end : found.start()], None))
        name = found.group(1).strip()
        parts.append((f"${{{name[1:]}}}", None) if name.startswith("!") else ("", name))
        end = found.end()
    return [part for part in [*parts, (text[end:], None)] if part != ("", None)]


def with_dynamic_references(text: Piece) -> Piece:
    """The text with each `{{resolve:...}}` in it as a symbol of its own, also when a symbol stands inside it."""
    parts = text.parts if isinstance(text, Text) else (text,)
    if not any(isinstance(part, str) and "{{resolve:" in part for part in parts):
        return text
    if any(isinstance(part, str) and "\0" in part for part in parts):
        return text
    symbols = [part for part in parts if isinstance(part, Symbol)]
    numbers = itertools.count()
    flat = "".join(part if isinstance(part, str) else f"\0{next(numbers)}\0" for part in parts)
    pieces: list[Piece] = []
    end = 0
    for found in _DYNAMIC.finditer(flat):
        pieces += _unflatten(flat[end : found.start()], symbols)
        inner = "".join(str(piece) for piece in _unflatten(found.group(), symbols))
        pieces.append(Symbol(inner, SymbolKind.DYNAMIC))
        end = found.end()
    return text_of([*pieces, *_unflatten(flat[end:], symbols)])


def _unflatten(flat: str, symbols: list[Symbol]) -> list[Piece]:
    pieces = _PLACEHOLDER.split(flat)
    return [symbols[int(piece)] if index % 2 else piece for index, piece in enumerate(pieces)]


def _pair(argument: Any, shape: str) -> tuple[Any, Any]:
    items = _items(argument)
    if len(items) != 2:
        raise WrongCallError(f"it takes {shape}")
    return items[0], items[1]


def _items(value: Any) -> list[Any]:
    if isinstance(value, (Symbol, Text)):
        raise NotYetKnownError
    if not isinstance(value, list):
        raise WrongCallError("it takes a list")
    return cast("list[Any]", value)


def _piece(value: Any) -> Piece:
    if isinstance(value, (Symbol, Text)):
        return value
    text = scalar_text(value)
    if text is None:
        raise WrongCallError("a list or mapping stands where a text belongs")
    return text


def _known_text(value: Any) -> str:
    piece = _piece(value)
    if not isinstance(piece, str):
        raise NotYetKnownError
    return piece


STRICT: Mapping[str, Callable[[Any], Any]] = {
    "Fn::Base64": to_base64,
    "Fn::Cidr": cidr,
    "Fn::Join": join,
    "Fn::Length": length,
    "Fn::Select": select,
    "Fn::Split": split,
    "Fn::ToJsonString": to_json_string,
}
"""The functions that need nothing but their arguments."""
