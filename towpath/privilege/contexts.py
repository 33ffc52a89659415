"""What a change set tells of the values that two templates leave open, and what may be done with it.

A context shows a resource with its references resolved. Laid beside the same resource as its template resolves, it
tells what stands behind a symbol: an imported value, an SSM parameter, an attribute of a custom resource. Names of
ordinary resources stay symbols, so that one that is replaced is still the same thing; but what a custom resource, an
import or a nested stack gives can be anything, so that `{{changeSet:KNOWN_AFTER_APPLY}}` there is not known.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, cast

from towpath.privilege.gathering.side import KNOWN_AFTER_APPLY
from towpath.privilege.outcomes import SameOutput, gives_anything, may_be_another, open_value, references, unsettled
from towpath.privilege.unification import Shown, fits
from towpath.template.parameters import declared_parameters
from towpath.template.resolution import ResolvedTemplate, Resource
from towpath.template.value import Either, Symbol, SymbolKind, Text, symbols_in, text_of

Properties = Mapping[str, Mapping[str, Any]]

_HIDDEN: Final = "****"


@dataclass(frozen=True, slots=True)
class Contexts:
    """What a change set tells, for each side.

    `before` and `after` have the resolved properties of every resource that it lists, by logical id (empty where it
    does not show them); `old_values` and `new_values` what the SSM parameters behind parameters of the template are.
    `names` are the physical ids of the resources that stay, by their logical ids before.
    """

    before: Properties = field(default_factory=dict[str, Mapping[str, Any]])
    after: Properties = field(default_factory=dict[str, Mapping[str, Any]])
    old_values: Mapping[str, str] = field(default_factory=dict[str, str])
    new_values: Mapping[str, str] = field(default_factory=dict[str, str])
    names: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one side: values by a symbol's text, for dynamic references by the resource that has them."""

    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    dynamic: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def __bool__(self) -> bool:
        return bool(self.values or self.dynamic)

    def put_into(self, resolved: ResolvedTemplate) -> ResolvedTemplate:
        """The template with its dynamic references as each resource has them; the rest is put in by resolving."""
        resources = {
            name: replace(item, properties=_with(dict(item.properties), self.dynamic[name]))
            if name in self.dynamic
            else item
            for name, item in resolved.resources.items()
        }
        return replace(resolved, resources=resources)


def told(
    old: ResolvedTemplate, new: ResolvedTemplate, contexts: Contexts, same_output: SameOutput
) -> tuple[Told, Told]:
    """What the contexts tell of both sides.

    `same_output` says of a nested stack's output whether both of its templates give it the same value. A resource that
    the change set does not list keeps its values, so a symbol in it stands for the same on both sides.
    """
    sides = (
        _Learnt(old, contexts.before, contexts.old_values, old, same_output),
        _Learnt(new, contexts.after, contexts.new_values, old, same_output),
    )
    values: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for text in {**sides[0].values, **sides[1].values}:
        found = [side.values.get(text) for side in sides]
        for index, (side, other) in enumerate(zip(sides, reversed(sides), strict=True)):
            if text in side.values and (text in other.values or not other.has(text)):
                values[index][text] = found[index]
            elif text in other.values and not other.is_open(text) and side.has_only_unlisted(text):
                values[0][text] = values[1][text] = found[1 - index]
    for text, symbol in unsettled(old, new, same_output).items():
        if text not in values[0] or text not in values[1]:
            values[1][text] = symbol
    for text in filter(sides[0].has, sides[1].open):
        values[1][text] = open_value(text)
    dynamic = [
        {name: _answered(found, other, name) for name, found in side.dynamic.items()}
        for side, other in (sides, sides[::-1])
    ]
    return Told(values[0], dynamic[0]), Told(values[1], dynamic[1])


def _answered(found: Mapping[str, Any], other: "_Learnt", name: str) -> dict[str, Any]:
    """The dynamic references of a resource that the other side does not have, or knows too."""
    known = other.dynamic.get(name, {})
    return {text: value for text, value in found.items() if text in known or not other.uses(name, text)}


def differences(sides: tuple[Told, Told]) -> Iterator[tuple[str, Any, Any]]:
    """The symbols that stand for something else now, with both values; dynamic references with their resource."""
    old, new = sides
    for text in sorted({*old.values} | {*new.values}):
        before, after = old.values.get(text), new.values.get(text)
        if before != after and (text in old.values or isinstance(after, Symbol)):
            yield text, before, str(after) if isinstance(after, Symbol) else after
    for name in sorted({*old.dynamic} & {*new.dynamic}):
        for text in sorted({*old.dynamic[name]} & {*new.dynamic[name]}):
            before, after = old.dynamic[name][text], new.dynamic[name][text]
            if before != after:
                yield f"{name}/{text}", before, after


class _Learnt:
    """What the contexts of one side say of its symbols."""

    def __init__(
        self,
        side: ResolvedTemplate,
        shown: Properties,
        parameters: Mapping[str, str],
        old: ResolvedTemplate,
        same_output: SameOutput,
    ) -> None:
        self.values: dict[str, Any] = {}
        self.open: set[str] = set()
        self.dynamic: dict[str, dict[str, Any]] = {}
        self._side, self._shown, self._old, self._same_output = side, shown, old, same_output
        self._conflicting: set[str] = set()
        for name, properties in shown.items():
            if name in side.resources:
                self._learn(side.resources[name], properties)
        for text in self._conflicting | self.open:
            self.values.pop(text, None)
        self.values |= dict(self._given(parameters))

    @cached_property
    def _used(self) -> Mapping[str, set[str]]:
        """The symbols of each resource."""
        items = self._side.resources.items()
        return {name: {symbol.text for symbol in symbols_in(dict(item.properties))} for name, item in items}

    def has(self, text: str) -> bool:
        return any(text in symbol for texts in self._used.values() for symbol in texts)

    def uses(self, resource: str, text: str) -> bool:
        return text in self._used.get(resource, ())

    def is_open(self, text: str) -> bool:
        return text in self.open

    def has_only_unlisted(self, text: str) -> bool:
        users = {name for name, texts in self._used.items() if any(text in symbol for symbol in texts)}
        return bool(users) and not users & {*self._shown}

    def _given(self, parameters: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        for name, parameter in declared_parameters(self._side.template).items():
            symbol = self._side.parameters.get(name)
            if name in parameters and parameter.is_ssm_value and isinstance(symbol, Symbol):
                yield symbol.text, parameter.listed(parameters[name])

    def _learn(self, resource: Resource, shown: Mapping[str, Any]) -> None:
        for name, value in resource.properties.items():
            if name in shown:
                for symbol, found in fits(value, shown[name]) or ():
                    self._take(resource.logical_id, symbol, found)

    def _take(self, resource: str, symbol: Symbol, shown: Shown) -> None:
        if not self._tells(symbol, shown):
            return
        if isinstance(shown, str) and KNOWN_AFTER_APPLY in shown:
            if self._may_be_another(symbol):
                self.open.add(symbol.text)
        elif symbol.kind is SymbolKind.DYNAMIC:
            self.dynamic.setdefault(resource, {})[symbol.text] = shown
        elif self.values.setdefault(symbol.text, shown) != shown:
            self._conflicting.add(symbol.text)

    def _tells(self, symbol: Symbol, shown: Shown) -> bool:
        text = str(shown)
        if _HIDDEN in text or "{{resolve:" in text:
            return False
        match symbol.kind:
            case SymbolKind.IMPORT | SymbolKind.CALL:
                return True
            case SymbolKind.DYNAMIC:
                return symbol.text.startswith("{{resolve:ssm:")
            case SymbolKind.PARAMETER:
                return "={{ssm:" in symbol.text
            case SymbolKind.ATTRIBUTE | SymbolKind.RESOURCE:
                return self._gives_anything(symbol.logical_id)
            case _:
                return False

    def _may_be_another(self, symbol: Symbol) -> bool:
        """Whether what is known only after applying may be something else than what it was before."""
        if symbol.kind is SymbolKind.IMPORT:
            return True
        return any(may_be_another(own, self._old, self._same_output) for own in references(symbol))

    def _gives_anything(self, logical_id: str) -> bool:
        return gives_anything(self._old.resources.get(logical_id))


def _with(value: Any, known: Mapping[str, Any]) -> Any:
    """A value with some of its symbols replaced."""
    if isinstance(value, Symbol):
        return known.get(value.text, value)
    if isinstance(value, Text):
        return text_of(known.get(part.text, part) if isinstance(part, Symbol) else part for part in value.parts)
    if isinstance(value, Either):
        return Either(value.condition, _with(value.when_true, known), _with(value.when_false, known))
    if isinstance(value, dict):
        return {key: _with(item, known) for key, item in cast("dict[str, Any]", value).items()}
    return [_with(item, known) for item in cast("list[Any]", value)] if isinstance(value, list) else value
