"""What custom resources and nested stacks give: anything, so a changed one may give something else by the same name.

References to ordinary resources stand for the resource, whatever becomes of it. The attributes of a custom resource are
what its function answers, and an output of a nested stack is what its template says; where both templates of the stack
are at hand and give it the same value, it is the same.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from towpath.privilege.gathering.side import KNOWN_AFTER_APPLY
from towpath.template.resolution import ResolvedTemplate, Resource
from towpath.template.value import Symbol, SymbolKind, canonical, symbols_in

STACK: Final = "AWS::CloudFormation::Stack"
_CUSTOM: Final = ("Custom::", "AWS::CloudFormation::CustomResource")
_OWN: Final = (SymbolKind.RESOURCE, SymbolKind.ATTRIBUTE)
_REFERENCE: Final = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([^{}]+))?\}")
# Whether an output of a nested stack is the same by both of its templates.
SameOutput = Callable[[Symbol], bool]


def gives_anything(resource: Resource | None) -> bool:
    """Whether references to this resource may stand for something else after a change of it."""
    return resource is not None and resource.type.startswith((*_CUSTOM, STACK))


def open_value(symbol: Symbol | str) -> Symbol:
    """What stands for something that is known only after applying."""
    return Symbol(f"{KNOWN_AFTER_APPLY} {symbol}", SymbolKind.CALL)


def unsettled(old: ResolvedTemplate, new: ResolvedTemplate, same_output: SameOutput) -> dict[str, Symbol]:
    """The references of the new template that may not stand for what they stood for, by their text."""
    changed = {name for name, item in new.resources.items() if gives_anything(item) and _is_changed(name, old, new)}
    if not changed:
        return {}
    return {
        symbol.text: open_value(symbol)
        for symbol in _symbols(new)
        if any(own.logical_id in changed and may_be_another(own, old, same_output) for own in references(symbol))
    }


def references(symbol: Symbol) -> Iterator[Symbol]:
    """The references to resources that a symbol is, or that stand in the call that it is."""
    if symbol.kind in _OWN:
        yield symbol
    elif symbol.kind is SymbolKind.CALL:
        for found in _REFERENCE.finditer(symbol.text):
            kind = SymbolKind.ATTRIBUTE if found[2] else SymbolKind.RESOURCE
            yield Symbol(found[0], kind, found[1], found[2] or "")


def may_be_another(symbol: Symbol, old: ResolvedTemplate, same_output: SameOutput) -> bool:
    """Whether a reference to a resource that gives anything may stand for something else once that has changed."""
    resource = old.resources.get(symbol.logical_id)
    if resource is None or resource.type != STACK:
        return gives_anything(resource)
    return symbol.kind is SymbolKind.ATTRIBUTE and not same_output(symbol)


def _is_changed(name: str, old: ResolvedTemplate, new: ResolvedTemplate) -> bool:
    before, after = old.resources.get(name), new.resources[name]
    return before is not None and (before.type, _text(before)) != (after.type, _text(after))


def _text(resource: Resource) -> str:
    return canonical(dict(resource.properties))


def _symbols(side: ResolvedTemplate) -> Iterator[Symbol]:
    for resource in side.resources.values():
        yield from symbols_in(dict(resource.properties))
