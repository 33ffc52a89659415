"""Turns a gathered document into a policy under one assumption about the open conditions.

A document may be an object or JSON text, even text with unknown parts in it; anything else is not known.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, cast

from towpath.privilege.gathering.circumstances import World
from towpath.privilege.gathering.grant import Document, Guards
from towpath.privilege.gathering.resource_shapes import unwrapped
from towpath.privilege.parse import parse_policy
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.statement import Place, Policy
from towpath.template.loading import Template
from towpath.template.value import NO_VALUE, Either, Symbol, Text, assume, children, text_of


def conditions_of(value: Any, guards: Guards = ()) -> Iterator[str]:
    """The open conditions that a value hangs on."""
    yield from (name for name, _ in guards)
    if isinstance(value, Either):
        yield value.condition
        yield from conditions_of(value.when_true)
        yield from conditions_of(value.when_false)
    else:
        for item in children(value):
            yield from conditions_of(item)


def holds(guards: Guards, world: World) -> bool:
    """Whether something with these guards is there in this world."""
    return all(world.get(name) is truth for name, truth in guards)


def read(document: Document, world: World, template: Template) -> Policy | str | None:
    """The policy; None if it is not there in this world, a text if all that is known of it is that.

    Raises PolicyError when it is no policy.
    """
    value = assume(document.value, world) if holds(document.guards, world) else NO_VALUE
    if value is NO_VALUE or value is None:
        return None
    value = unwrapped(decoded(value))
    if isinstance(value, (Symbol, Text)):
        return str(value)
    policy = parse_policy(value, kind=document.kind, name=template.name, locate=template.position, at=document.path)
    return policy if "Statement" in _written(template, document) else _placed(policy, document, template)


def _written(template: Template, document: Document) -> Any:
    """What stands in the template at the document's path; nothing where the document was put together."""
    node: Any = template.document
    for part in document.path:
        if not isinstance(node, (dict, list)):
            return ()
        try:
            node = cast("Any", node)[part]
        except (KeyError, IndexError, TypeError):
            return ()
    return cast("dict[str, Any]", node) if isinstance(node, dict) and document.path[-1:] != ("Properties",) else ()


def _placed(policy: Policy, document: Document, template: Template) -> Policy:
    """The policy with all statements at the place of the whole, where they do not stand in the template as such."""
    place = Place(template.name, document.path, template.position(document.path))
    return replace(policy, statements=tuple(replace(item, place=place) for item in policy.statements))


_MARK: Final = "\ue000"


def decoded(value: Any) -> Any:
    """JSON text as what it says; anything else as it is. Raises PolicyError for a text that is no JSON."""
    if not isinstance(value, (str, Text)):
        return value
    parts = value.parts if isinstance(value, Text) else (value,)
    symbols = [part for part in parts if isinstance(part, Symbol)]
    written = "".join(part if isinstance(part, str) else _MARK for part in parts)
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        raise PolicyError.at("", "policy-not-json", "A policy given as text is no JSON.", "Write JSON.") from None
    return _restored(found, iter(symbols))


def _restored(value: Any, symbols: Iterator[Symbol]) -> Any:
    if isinstance(value, str) and _MARK in value:
        pieces: list[str | Symbol] = []
        for index, known in enumerate(value.split(_MARK)):
            pieces += [next(symbols)] if index else []
            pieces.append(known)
        return text_of(pieces)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value).items()
        return {str(_restored(key, symbols)): _restored(item, symbols) for key, item in entries}
    return [_restored(item, symbols) for item in cast("list[Any]", value)] if isinstance(value, list) else value
