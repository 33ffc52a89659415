"""Compares two templates: does the new one grant anything that the old one did not?

Both are resolved with the parameters of their own side, brought into the same words, and gathered; then every subject
is compared on its own. Nothing here fails on a template that CloudFormation would accept: what is not understood is
said to be not known.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, cast

from towpath.privilege.compare_facts import compare_facts
from towpath.privilege.compare_grants import PolicyComparison, once_per_cause
from towpath.privilege.compare_network import compare_network
from towpath.privilege.compare_roles import RoleComparison, compare_memberships
from towpath.privilege.comparison import Comparison, Finding, together
from towpath.privilege.contexts import Contexts, Told, differences, told
from towpath.privilege.gathering.gather import gather
from towpath.privilege.gathering.grant import Grants, entries
from towpath.privilege.gathering.identity import same_places, same_things
from towpath.privilege.gathering.side import Side
from towpath.privilege.language.work import DEFAULT_STEPS
from towpath.privilege.rename import renamed_groups, renamed_principals
from towpath.template.conditions import Truth
from towpath.template.for_each import PREFIX
from towpath.template.limits import MAX_DEPTH
from towpath.template.loading import Template, checked_document, load_template
from towpath.template.parameters import declared_parameters, parameter_text
from towpath.template.pseudo import PseudoParameters
from towpath.template.resolution import ResolvedTemplate, Resource, resolve
from towpath.template.sam import is_sam
from towpath.template.sam_source import expand_sam_source
from towpath.template.traversal import mapping
from towpath.template.value import Symbol, canonical
from towpath.verdict import Reason

TemplateLike = Template | Mapping[str, Any] | str | bytes
Parameters = Mapping[str, Any]

_OPEN_PARTS: Final = ("template-loop", "template-transform")
_STACKS: Final = ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet")
_PARTITION: Final = re.compile(r"arn:(aws[a-z-]*):")
_SUFFIXES: Final = {"aws-cn": "amazonaws.com.cn"}


def compare_templates(
    old: TemplateLike | None,
    new: TemplateLike | None,
    *,
    old_parameters: Parameters | None = None,
    new_parameters: Parameters | None = None,
    pseudo: PseudoParameters | None = None,
    nested: Mapping[str, TemplateLike] | None = None,
    contexts: Contexts | None = None,
    steps: int = DEFAULT_STEPS,
) -> Comparison:
    """Does `new` grant anything that `old` does not? None is no template: then nothing is granted.

    A template is JSON or YAML text, an object or a loaded template; with the SAM transform it is expanded. Parameters
    without a value take their defaults or stay unknown. `nested` gives the templates of nested stacks by a part of
    their `TemplateURL` (an asset's key), `contexts` what a change set tells of the values that the templates leave
    open. `steps` is the work budget for each principal or resource. Raises TemplateError for what is no template.
    """
    both = read_both(
        old, new, old_parameters, new_parameters, pseudo=pseudo, nested=nested, contexts=contexts, steps=steps
    )
    grants, templates = both.grants, both.templates
    found = [
        *_open_parts(*(side.resolved for side in both.sides)),
        *_nested(both.sides, nested or {}, both.place, steps),
        *both.policies.run(),
        *compare_facts(*grants, templates),
        *RoleComparison(*grants, both.policies, templates, steps).run(),
        *compare_memberships(*grants, templates),
        *compare_network(*grants, templates),
    ]
    whole = once_per_cause(together(found))
    return replace(_one_per_new_subject(whole, *grants), kind="")


def told_differences(
    old: TemplateLike,
    new: TemplateLike,
    contexts: Contexts,
    *,
    old_parameters: Parameters | None = None,
    new_parameters: Parameters | None = None,
    pseudo: PseudoParameters | None = None,
) -> tuple[tuple[str, Any, Any], ...]:
    """What both templates write alike and a change set tells to be something else now: symbol, old and new value."""
    before, after = _Given.of(old, old_parameters, "old"), _Given.of(new, new_parameters, "new")
    place = _place(pseudo or PseudoParameters(), (before.template, after.template))
    resolved = before.resolved(place), after.resolved(place)
    return tuple(differences(told(*resolved, contexts, lambda _: True)))


@dataclass(frozen=True, slots=True)
class Both:
    """Two templates in the same words: what they were resolved to, where they are deployed, and what they grant."""

    sides: tuple[Side, Side]
    grants: tuple[Grants, Grants]
    policies: PolicyComparison
    templates: tuple[Template, Template]
    place: PseudoParameters


def read_both(
    old: TemplateLike | None,
    new: TemplateLike | None,
    old_parameters: Parameters | None = None,
    new_parameters: Parameters | None = None,
    *,
    pseudo: PseudoParameters | None = None,
    nested: Mapping[str, TemplateLike] | None = None,
    contexts: Contexts | None = None,
    steps: int = DEFAULT_STEPS,
) -> Both:
    """Both templates as `compare_templates` takes them, gathered. Raises TemplateError for what is no template."""
    before, after = _Given.of(old, old_parameters, "old"), _Given.of(new, new_parameters, "new")
    place = _place(pseudo or PseudoParameters(), (before.template, after.template))
    resolved = before.resolved(place), after.resolved(place)
    if contexts is not None:
        tells = told(*resolved, contexts, _same_output(resolved, nested or {}, place))
        resolved = before.resolved(place, tells[0]), after.resolved(place, tells[1])
    values, templates = (before.values, after.values), (before.template, after.template)
    pairs = same_things(resolved[0].resources, resolved[1].resources)
    while True:
        sides = _sides(resolved, place, values, pairs)
        grants = gather(sides[0]), gather(sides[1])
        policies = PolicyComparison(*grants, templates, account=place.account_id, steps=steps)
        wider = pairs | renamed_principals(sides, pairs, policies) | renamed_groups(sides, pairs, grants)
        if len(wider) == len(pairs):
            wider = same_places(pairs, resolved[0].resources, resolved[1].resources)
        if len(wider) == len(pairs):
            break
        pairs = wider
    return Both(sides, grants, policies, templates, place)


@dataclass(frozen=True, slots=True)
class _Given:
    """One side as it was given."""

    template: Template
    values: Parameters

    @classmethod
    def of(cls, given: TemplateLike | None, parameters: Parameters | None, name: str) -> "_Given":
        values = dict(parameters or {})
        if given is None:
            return cls(Template.from_document({"Resources": {}}, name=name), values)
        template = given if isinstance(given, Template) else _loaded(given, name)
        if is_sam(template):
            known = {key: text for key, value in values.items() if (text := parameter_text(value)) is not None}
            template = expand_sam_source(template, known)
        return cls(template, values)

    def resolved(self, place: PseudoParameters, known: Told | None = None) -> ResolvedTemplate:
        if known is None:
            return resolve(self.template, self.values, pseudo=place)
        return known.put_into(resolve(self.template, self.values, pseudo=place, told=known.values))


def _loaded(given: Mapping[str, Any] | str | bytes, name: str) -> Template:
    if isinstance(given, (str, bytes)):
        return load_template(given, name=name)
    return checked_document(given, name=name)


def _place(given: PseudoParameters, templates: Iterable[Template]) -> PseudoParameters:
    """Where the templates are deployed to: the partition is the one that most of their ARNs name."""
    if given.partition or given.region:
        return given
    seen = Counter(
        match for template in templates for match in _PARTITION.findall(json.dumps(template.document, default=str))
    )
    partition = seen.most_common(1)[0][0] if seen else "aws"
    return replace(given, partition=partition, url_suffix=given.url_suffix or _SUFFIXES.get(partition, "amazonaws.com"))


def _open_parts(old: ResolvedTemplate, new: ResolvedTemplate) -> Iterator[Comparison]:
    """Loops over what is not known yet and macros that add resources: nothing new only where they stand as before."""
    if not any(problem.code in _OPEN_PARTS for problem in new.problems):
        return
    written = [
        {name: entry for name, entry in resources.items() if name.startswith(PREFIX) or name == "Fn::Transform"}
        or resources
        for resources in (side.template.section("Resources") for side in (old, new))
    ]
    if written[0] != written[1]:
        problem = next(problem for problem in new.problems if problem.code in _OPEN_PARTS)
        yield Comparison(unknown=(problem,))


def _nested(
    sides: tuple[Side, Side], given: Mapping[str, TemplateLike], place: PseudoParameters, steps: int
) -> Iterator[Comparison]:
    """The comparisons of nested stacks: by their templates where these are at hand, else by what is passed to them."""
    stacks = [{side.label(item.logical_id): item for item in side.of(*_STACKS)} for side in sides]
    for label, after in stacks[1].items():
        before = stacks[0].get(label)
        urls = [None if item is None else canonical(_source(item)) for item in (before, after)]
        templates = [None if item is None else _template_at(item, given) for item in (before, after)]
        values = [_passed(item) for item in (before, after)]
        if templates[1] is None or (before is not None and templates[0] is None):
            if urls[0] != urls[1] or canonical(values[0]) != canonical(values[1]):
                yield _unseen(label, sides[1].template, after)
            continue
        inner = {key: template for key, template in given.items() if template is not templates[1]}
        found = compare_templates(
            templates[0],
            templates[1],
            old_parameters=values[0],
            new_parameters=values[1],
            pseudo=place if after.type == _STACKS[0] else replace(place, account_id=None, region=None),
            nested=inner,
            steps=steps,
        )
        yield _inside(found, label)


def _same_output(
    sides: tuple[ResolvedTemplate, ResolvedTemplate], given: Mapping[str, TemplateLike], place: PseudoParameters
) -> Callable[[Symbol], bool]:
    """Whether an output of a nested stack is the same by the templates of both sides, for its `Fn::GetAtt`."""

    @cache
    def outputs(logical_id: str, index: int) -> Mapping[str, str]:
        stack = sides[index].resources.get(logical_id)
        template = None if stack is None else _template_at(stack, given)
        if stack is None or template is None:
            return {}
        inner = _Given.of(template, mapping(stack.properties.get("Parameters")), logical_id).resolved(place)
        return {f"Outputs.{name}": canonical(output.value) for name, output in inner.outputs.items()}

    def is_same(symbol: Symbol) -> bool:
        before, after = (outputs(symbol.logical_id, index).get(symbol.attribute) for index in (0, 1))
        return before is not None and before == after

    return is_same


def _source(stack: Resource) -> Any:
    return stack.properties.get("TemplateBody", stack.properties.get("TemplateURL"))


def _template_at(stack: Resource, given: Mapping[str, TemplateLike]) -> TemplateLike | None:
    """What a stack or a set of stacks is made of: what it holds itself, or what is given for its URL."""
    body: Any = stack.properties.get("TemplateBody")
    if isinstance(body, str):
        return body
    url = canonical(_source(stack))
    return next((given[key] for key in given if key in url), None)


def _passed(stack: Resource | None) -> Parameters:
    """The parameters of a stack; those of a set of stacks are a list, and each of its stacks may have its own."""
    value: Any = None if stack is None else stack.properties.get("Parameters")
    if isinstance(value, list):
        return {str(item.get("ParameterKey")): item.get("ParameterValue") for item, _, _ in entries(value)}
    return mapping(value)


def _inside(comparison: Comparison, label: str) -> Comparison:
    named = tuple(replace(item, subject=f"{label}: {item.subject}") for item in comparison.findings)
    return replace(comparison, findings=named)


def _unseen(label: str, template: Template, stack: Resource) -> Comparison:
    message = f"The nested stack {label} is new or changed, and its template is not at hand."
    where, remedy = template.place(stack.path), "Give the template of the nested stack."
    return Comparison(unknown=(Reason("privilege-nested-unknown", message, where, remedy),))


def _sides(
    resolved: tuple[ResolvedTemplate, ResolvedTemplate],
    place: PseudoParameters,
    values: tuple[Parameters, Parameters],
    pairs: Mapping[str, str],
) -> tuple[Side, Side]:
    old, new = resolved
    names = {name: pairs.get(name, f"{name} (before)" if name in new.resources else name) for name in old.resources}
    hidden = _differing_secrets(resolved, values)
    conditions = _shared_conditions(old, new)
    return (
        Side(old, names, place.values(), False, conditions[0], hidden),
        Side(new, {}, place.values(), True, conditions[1], hidden),
    )


def _differing_secrets(
    resolved: tuple[ResolvedTemplate, ResolvedTemplate], values: tuple[Parameters, Parameters]
) -> frozenset[str]:
    """Parameters whose values are not shown and not the same on both sides."""
    texts: list[dict[str, str | None]] = []
    for side, given in zip(resolved, values, strict=True):
        declared = declared_parameters(side.template)
        texts.append(
            {
                name: _told(given[name]) if name in given else parameter.default
                for name, parameter in declared.items()
                if isinstance(side.parameters.get(name), Symbol)
            }
        )
    return frozenset(name for name in texts[0] if name in texts[1] and texts[0][name] != texts[1][name])


def _told(value: Any) -> str:
    return parameter_text(value) or canonical(value)


def _shared_conditions(old: ResolvedTemplate, new: ResolvedTemplate) -> tuple[dict[str, str], dict[str, str]]:
    """One name for open conditions that both sides define alike, whatever they call them."""
    meanings = [_Meanings(side).of_open_ones() for side in (old, new)]
    known = {meaning: name for name, meaning in reversed(meanings[1].items())}
    before = {name: known.get(meaning, f"{name} (before)") for name, meaning in meanings[0].items()}
    return before, {name: known[meaning] for name, meaning in meanings[1].items()}


class _Meanings:
    """What the conditions of one side mean: equal digests where everything is equal that they hang on."""

    def __init__(self, side: ResolvedTemplate) -> None:
        self._side = side
        self._definitions = side.template.section("Conditions")
        self._mappings = side.template.section("Mappings")
        self._found: dict[str, str] = {}
        self._asked: list[str] = []

    def of_open_ones(self) -> dict[str, str]:
        """The meaning of each condition that is not known before deployment."""
        return {name: self._of(name) for name, truth in self._side.conditions.items() if truth is Truth.UNKNOWN}

    def _of(self, name: str) -> str:
        if name in self._asked or len(self._asked) >= MAX_DEPTH:
            return name
        if name not in self._found:
            self._asked.append(name)
            definition = self._definitions.get(name)
            mappings = self._mappings if "Fn::FindInMap" in json.dumps(definition, default=str) else {}
            text = json.dumps([self._put_in(definition), mappings], sort_keys=True, default=str)
            self._found[name] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            self._asked.pop()
        return self._found[name]

    def _put_in(self, value: Any) -> Any:
        if isinstance(value, dict):
            entries = cast("dict[str, Any]", value)
            if list(entries) == ["Condition"] and isinstance(entries["Condition"], str):
                return self._of(entries["Condition"])
            if list(entries) == ["Ref"] and entries["Ref"] in self._side.parameters:
                return canonical(self._side.parameters[entries["Ref"]])
            return {key: self._put_in(item) for key, item in entries.items()}
        return [self._put_in(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _one_per_new_subject(comparison: Comparison, old: Grants, new: Grants) -> Comparison:
    """Everything that a principal or resource which is new as a whole brings with it has one cause: that it is new."""
    held = {item.subject for item in old.documents} | {item.subject for item in old.named} | old.subjects
    found: dict[str, list[Finding]] = {}
    for item in comparison.findings:
        is_new = item.subject in new.subjects and item.subject not in held
        found.setdefault(item.subject if is_new else f"\0{len(found)}", []).append(item)
    merged = tuple(items[0] if len(items) == 1 else _merged(items) for items in found.values())
    return replace(comparison, findings=merged)


def _merged(items: list[Finding]) -> Finding:
    first, more = items[0], len(items) - 1
    return replace(
        first,
        title=f"{first.title}; the {first.subject.split(' ')[0]} is new, and {more} more of its grants with it",
        classes=tuple(dict.fromkeys(kind for item in items for kind in item.classes)),
        escalations=tuple(dict.fromkeys(path for item in items for path in item.escalations)),
    )
