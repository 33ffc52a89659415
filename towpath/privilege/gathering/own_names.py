"""What a resource is called of itself, and which resources of its template its values name."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from towpath.privilege.gathering.naming import FORMS
from towpath.template.resolution import Resource
from towpath.template.value import Either, Symbol, SymbolKind, canonical, symbols_in

_OWN: Final = frozenset({SymbolKind.RESOURCE, SymbolKind.ATTRIBUTE})


def explicit_name(resource: Resource) -> str | None:
    """A resource's own name, if it is one that does not hang on other resources."""
    form = FORMS.get(resource.type)
    value = resource.properties.get(form.name_property) if form else None
    if value is None or any(True for _ in own_symbols(value)) or _is_open(value):
        return None
    return canonical(value)


def own_symbols(value: Any) -> Iterator[Symbol]:
    """The symbols in a value that stand for resources of the template."""
    return (symbol for symbol in symbols_in(value) if symbol.kind in _OWN)


def relabelled(value: Any, label: Callable[[str], str]) -> str:
    """The canonical text of a value, with a label for the logical id of each resource that it names."""
    text = canonical(value)
    symbols = {symbol.text: symbol for symbol in own_symbols(value)}
    for written, symbol in sorted(symbols.items(), key=lambda entry: -len(entry[0])):
        text = text.replace(written, f"${{{label(symbol.logical_id)}.{symbol.attribute}}}")
    return text


def _is_open(value: Any) -> bool:
    return isinstance(value, (Either, dict, list))
