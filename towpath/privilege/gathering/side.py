"""One template of a comparison, resolved and told in words that both sides share.

Logical ids become the names of the things behind them; versions and aliases of a function become the function's; what
CloudFormation knows only after applying is a value that nothing equals, not even itself on the other side.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from towpath.privilege.gathering.grant import Guards
from towpath.privilege.gathering.naming import FORMS, Form, Name, arn_of, is_text, split_text, unknown
from towpath.template.conditions import Truth
from towpath.template.loading import Template
from towpath.template.resolution import ResolvedTemplate, Resource
from towpath.template.value import Either, Symbol, SymbolKind, Text, canonical, text_of

KNOWN_AFTER_APPLY: Final = "{{changeSet:KNOWN_AFTER_APPLY}}"
_DEEPEST_PATH: Final = 30
_DEEPEST_NAME: Final = 30
"""Resources that are named by one another are followed so far; then the name is the resource's own symbol."""
_MOST_FOLLOWED: Final = 500_000
"""References that are followed in one template; only names that double at every step meet this."""
_MOST_PARTS: Final = 200
_LONGEST_NAME: Final = 2_048
"""A name of more parts or characters than any that AWS takes is not put together."""
_VERSION: Final = "AWS::Lambda::Version"
_PARAMETER_VALUE: Final = ("AWS::SSM::Parameter", "Value")
_ALIAS: Final = "AWS::Lambda::Alias"
_REFERENCE: Final = re.compile(r"\$\{([A-Za-z0-9]+)(?=[.}])")


@dataclass(slots=True)
class Side:
    """A resolved template. `names` gives each logical id its name in both sides, `conditions` each open condition."""

    resolved: ResolvedTemplate
    names: Mapping[str, str]
    place: Mapping[str, Any]
    is_new: bool
    conditions: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: frozenset[str] = frozenset()
    """Parameters with hidden values that are not the same on both sides."""
    physical: Mapping[str, str] = field(default_factory=dict[str, str])
    """Physical ids by what both sides call the resource, for names that CloudFormation made up."""
    _open: set[str] = field(default_factory=set[str])
    _read: dict[str, Resource] = field(default_factory=dict[str, Resource])
    _known_names: dict[str, Name] = field(default_factory=dict[str, Name])
    _followed: int = 0

    @property
    def template(self) -> Template:
        return self.resolved.template

    def resources(self) -> Iterator[Resource]:
        """Every resource with its properties in shared words."""
        for logical_id in self.resolved.resources:
            yield self.resource(logical_id)

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of some types."""
        for logical_id, resource in self.resolved.resources.items():
            if resource.type in types:
                yield self.resource(logical_id)

    def resource(self, logical_id: str) -> Resource:
        """One resource with its properties in shared words."""
        if logical_id not in self._read:
            found = self.resolved.resources[logical_id]
            properties = cast("dict[str, Any]", self.shared(dict(found.properties)))
            self._read[logical_id] = replace(found, properties=properties)
        return self._read[logical_id]

    def guards(self, resource: Resource) -> Guards:
        """The condition on which the resource exists, if that is not known."""
        name = resource.condition_name
        return () if resource.condition is Truth.TRUE or name is None else ((self.conditions.get(name, name), True),)

    def label(self, logical_id: str) -> str:
        """What both sides call a resource."""
        return self.names.get(logical_id, logical_id)

    def name(self, resource: Resource) -> Name:
        """The resource's own name, or a symbol for the one that CloudFormation makes up and nobody told."""
        logical_id = resource.logical_id
        if logical_id not in self._known_names:
            name = self._name(resource)
            self._known_names.setdefault(logical_id, name)
        return self._known_names[logical_id]

    def _name(self, resource: Resource) -> Name:
        form = FORMS.get(resource.type)
        if form is None:
            return self._symbol(resource.logical_id)
        value = self.shared(self.resolved.resources[resource.logical_id].properties.get(form.name_property))
        is_long = len(value.parts) > _MOST_PARTS if isinstance(value, Text) else len(str(value)) > _LONGEST_NAME
        is_name = is_text(value) and value != "" and not is_long
        return cast("Name", value) if is_name else self._made_up(resource, form)

    def _made_up(self, resource: Resource, form: Form) -> Name:
        """The name that CloudFormation made up, where it is known."""
        physical = self.physical.get(self.label(resource.logical_id), "")
        name = re.split(r"[:/]", physical)[-1] if form.ref_is_arn or not form.ref_is_name else physical
        return name or self._symbol(resource.logical_id)

    @property
    def here(self) -> Mapping[str, Any]:
        """The pseudo parameters; names of unknown ones have no colons, so that they can stand inside ARNs."""
        return {name: self.shared(value) for name, value in self.place.items()}

    def arn(self, resource: Resource) -> Name:
        """The resource's ARN."""
        form = FORMS.get(resource.type)
        if form is None:
            return self._symbol(resource.logical_id, "Arn")
        path = self.shared(resource.properties.get("Path", "/"))
        return arn_of(form, self.name(resource), path if is_text(path) else "/", self.here)

    def path_of(self, value: Any, depth: int = 0) -> Any:
        """The path of an API's resource, from the root, as far as the template tells it."""
        logical_id = value.logical_id if isinstance(value, Symbol) else ""
        own = next((item for item in self.resolved.resources if self.label(item) == logical_id), "")
        resource = self.resolved.resources.get(own)
        if resource is None or resource.type != "AWS::ApiGateway::Resource" or depth > _DEEPEST_PATH:
            return "" if isinstance(value, Symbol) and value.attribute == "RootResourceId" else value
        parts = self.resource(own).properties
        above = self.path_of(parts.get("ParentId"), depth + 1)
        return f"{above}/{parts.get('PathPart')}"

    def account_root(self) -> Name:
        """The ARN that stands for the account at home."""
        place = self.here
        return text_of(["arn:", place["AWS::Partition"], ":iam::", place["AWS::AccountId"], ":root"])

    def _symbol(self, logical_id: str, attribute: str = "") -> Symbol:
        kind = SymbolKind.ATTRIBUTE if attribute else SymbolKind.RESOURCE
        label = self.label(logical_id)
        return Symbol(f"${{{label}{'.' if attribute else ''}{attribute}}}", kind, label, attribute)

    def shared(self, value: Any) -> Any:
        """A value in words that both sides share."""
        if isinstance(value, str):
            return unknown(f"{KNOWN_AFTER_APPLY}{self._mark}") if KNOWN_AFTER_APPLY in value else value
        if isinstance(value, Symbol):
            return self._shared_symbol(value)
        if isinstance(value, Text):
            return text_of(self.shared(part) for part in value.parts)
        if isinstance(value, Either):
            condition = self.conditions.get(value.condition, value.condition)
            return Either(condition, self.shared(value.when_true), self.shared(value.when_false))
        if isinstance(value, dict):
            return {key: self.shared(item) for key, item in cast("dict[str, Any]", value).items()}
        return [self.shared(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value

    @property
    def _mark(self) -> str:
        return " new" if self.is_new else " old"

    def _shared_symbol(self, symbol: Symbol) -> Any:
        logical_id = symbol.logical_id
        if not logical_id:
            return replace(symbol, text=_REFERENCE.sub(self._renamed, symbol.text.replace("AWS::", "AWS.")))
        resource = self.resolved.resources.get(logical_id)
        self._followed += 1
        if resource is None:
            return self._symbol(logical_id, symbol.attribute)
        if logical_id in self._open:
            for member in self._open:  # CloudFormation refuses a circle; here each of it has its own symbol for a name
                self._known_names.setdefault(member, self._symbol(member))
            return self._symbol(logical_id, symbol.attribute)
        if len(self._open) > _DEEPEST_NAME or self._followed > _MOST_FOLLOWED:
            return self._symbol(logical_id, symbol.attribute)
        self._open.add(logical_id)
        try:
            return self._reference(resource, symbol)
        finally:
            self._open.discard(logical_id)

    def _renamed(self, found: re.Match[str]) -> str:
        return f"${{{found[1]}{self._mark}" if found[1] in self.secrets else f"${{{self.label(found[1])}"

    def _reference(self, resource: Resource, symbol: Symbol) -> Any:
        if resource.type in (_VERSION, _ALIAS):
            return self._qualified(resource, symbol)
        if (resource.type, symbol.attribute) == _PARAMETER_VALUE and "Value" in resource.properties:
            return self.shared(resource.properties["Value"])
        form = FORMS.get(resource.type)
        is_ref = not symbol.attribute
        if form is None:
            return self._symbol(resource.logical_id, symbol.attribute)
        if symbol.attribute == form.arn_attribute or (is_ref and form.ref_is_arn):
            return self.arn(resource)
        if (is_ref and form.ref_is_name) or (symbol.attribute and symbol.attribute == form.name_attribute):
            return self.name(resource)
        return self._symbol(resource.logical_id, symbol.attribute)

    def _qualified(self, resource: Resource, symbol: Symbol) -> Any:
        """`Ref` of a version or alias: the function's ARN and a qualifier that does not change with the code."""
        is_alias = resource.type == _ALIAS
        if symbol.attribute and symbol.attribute not in ("AliasArn", "FunctionArn"):
            return unknown(f"${{version of {self.function(self.shared(resource.properties.get('FunctionName')))}}}")
        qualifier = self.shared(resource.properties.get("Name")) if is_alias else unknown("${version}")
        arn = self.function(self.shared(resource.properties.get("FunctionName")))
        return text_of([arn, ":", qualifier if is_text(qualifier) else unknown("${alias}")])

    def function(self, value: Any) -> Name:
        """The ARN of a function that is named, in shared words, in a way that Lambda takes; a qualifier stays."""
        if not is_text(value):
            return unknown(f"${{function {canonical(value)}}}")
        named = cast("Name", value)
        parts = split_text(named, ":function:", 1)
        rest = parts[-1]
        if len(parts) == 1 and str(named).startswith("arn:"):
            return named
        return arn_of(FORMS["AWS::Lambda::Function"], rest, "", self.here)
