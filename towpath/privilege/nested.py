"""Compares nested stacks and sets of stacks: by their templates where these are at hand, else by what they are passed.

The same logical id is the same stack; of the others, those that have the same template on both sides are, before the
rest is new or gone. What a stack that is gone denied is allowed again, so it is compared with nothing.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from towpath.privilege.comparison import Comparison
from towpath.privilege.gathering.grant import entries
from towpath.privilege.gathering.side import Side
from towpath.privilege.given import Given, Parameters, TemplateLike
from towpath.privilege.outcomes import STACK, SameOutput
from towpath.template.loading import Template
from towpath.template.pseudo import PseudoParameters
from towpath.template.resolution import ResolvedTemplate, Resource
from towpath.template.traversal import mapping
from towpath.template.value import Symbol, canonical
from towpath.verdict import Reason

_STACKS: Final = (STACK, "AWS::CloudFormation::StackSet")
Templates = Mapping[str, TemplateLike]
# Compares two nested templates: the parameters of each, the templates that they may nest themselves, and whether they
# are deployed to the same place as what nests them.
Pair = tuple[TemplateLike | None, TemplateLike | None]
Inner = Callable[[Pair, tuple[Parameters, Parameters], Templates, bool], Comparison]


@dataclass(frozen=True, slots=True)
class _Nested:
    """A nested stack of one side; without a resource there is none."""

    resource: Resource | None = None
    template: TemplateLike | None = None

    @property
    def url(self) -> str:
        return "" if self.resource is None else canonical(_source(self.resource))

    @property
    def values(self) -> Parameters:
        """The parameters that are passed; those of a set are a list, and each of its stacks may have its own."""
        value: Any = None if self.resource is None else self.resource.properties.get("Parameters")
        if isinstance(value, list):
            return {str(item.get("ParameterKey")): item.get("ParameterValue") for item, _, _ in entries(value)}
        return mapping(value)

    @property
    def is_here(self) -> bool:
        """Whether it is deployed where its parent is; the stacks of a set are anywhere."""
        return self.resource is None or self.resource.type == STACK

    @property
    def is_unread(self) -> bool:
        return self.resource is not None and self.template is None


def compare_nested(sides: tuple[Side, Side], given: Templates, inner: Inner) -> Iterator[Comparison]:
    """One comparison for each nested stack that is on either side."""
    for label, before, after in _pairs(*(_stacks(side, given) for side in sides)):
        if before.is_unread or after.is_unread:
            if before.url != after.url or canonical(before.values) != canonical(after.values):
                index = 0 if after.resource is None else 1
                yield _unseen(label, sides[index].template, (before, after)[index])
            continue
        current = after.template if after.template is not None else before.template
        below = {key: template for key, template in given.items() if template is not current}
        is_here = before.is_here and after.is_here
        yield _inside(inner((before.template, after.template), (before.values, after.values), below, is_here), label)


def _stacks(side: Side, given: Templates) -> dict[str, _Nested]:
    return {side.label(item.logical_id): _Nested(item, _template_at(item, given)) for item in side.of(*_STACKS)}


def _pairs(old: Mapping[str, _Nested], new: Mapping[str, _Nested]) -> Iterator[tuple[str, _Nested, _Nested]]:
    """The stacks of both sides: those of one name, those of one template and parameters, those of one template."""
    left, waiting = dict(old), dict(new)
    for label in [name for name in new if name in old]:
        yield label, left.pop(label), waiting.pop(label)
    for with_values in (True, False):
        for label, after in list(waiting.items()):
            alike = (name for name, before in left.items() if _is_alike(before, after, with_values=with_values))
            found = next(alike, None)
            if found is not None:
                yield label, left.pop(found), waiting.pop(label)
    yield from ((label, _Nested(), after) for label, after in waiting.items())
    yield from ((label, before, _Nested()) for label, before in left.items())


def _is_alike(before: _Nested, after: _Nested, *, with_values: bool) -> bool:
    if before.template is None or after.template is None or _text(before.template) != _text(after.template):
        return False
    return not with_values or canonical(before.values) == canonical(after.values)


def _text(template: TemplateLike) -> str:
    return json.dumps(Given.of(template, None, "a nested template").template.document, sort_keys=True, default=str)


def same_output(
    sides: tuple[ResolvedTemplate, ResolvedTemplate], given: Templates, place: PseudoParameters
) -> SameOutput:
    """Whether an output of a nested stack is the same by the templates of both sides, for its `Fn::GetAtt`."""

    @cache
    def outputs(logical_id: str, index: int) -> Mapping[str, str]:
        stack = sides[index].resources.get(logical_id)
        template = None if stack is None else _template_at(stack, given)
        if stack is None or template is None:
            return {}
        inner = Given.of(template, mapping(stack.properties.get("Parameters")), logical_id).resolved(place)
        return {f"Outputs.{name}": canonical(output.value) for name, output in inner.outputs.items()}

    def is_same(symbol: Symbol) -> bool:
        before, after = (outputs(symbol.logical_id, index).get(symbol.attribute) for index in (0, 1))
        return before is not None and before == after

    return is_same


def _source(stack: Resource) -> Any:
    return stack.properties.get("TemplateBody", stack.properties.get("TemplateURL"))


def _template_at(stack: Resource, given: Templates) -> TemplateLike | None:
    """What a stack or a set of stacks is made of: what it holds itself, or what is given for its URL."""
    body: Any = stack.properties.get("TemplateBody")
    if isinstance(body, str):
        return body
    url = canonical(_source(stack))
    return next((given[key] for key in given if key in url), None)


def _inside(comparison: Comparison, label: str) -> Comparison:
    named = tuple(replace(item, subject=f"{label}: {item.subject}") for item in comparison.findings)
    removed = tuple(replace(item, subject=f"{label}: {item.subject}") for item in comparison.removed)
    return replace(comparison, findings=named, removed=removed)


def _unseen(label: str, template: Template, stack: _Nested) -> Comparison:
    path = () if stack.resource is None else stack.resource.path
    message = f"The nested stack {label} is new, changed or gone, and its template is not at hand."
    where, remedy = template.place(path), "Give the template of the nested stack."
    return Comparison(unknown=(Reason("privilege-nested-unknown", message, where, remedy),))
