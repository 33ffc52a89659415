"""Compares two templates: does the new one grant anything that the old one did not?

Both are resolved with the parameters of their own side, brought into the same words, and gathered; then every subject
is compared on its own. Nothing here fails on a template that CloudFormation would accept: what is not understood is
said to be not known.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from towpath.privilege.causes import one_per_new_subject, one_per_url
from towpath.privilege.compare_facts import compare_facts
from towpath.privilege.compare_grants import PolicyComparison, once_per_cause
from towpath.privilege.compare_network import compare_network
from towpath.privilege.compare_roles import RoleComparison, compare_memberships
from towpath.privilege.comparison import Comparison, together
from towpath.privilege.contexts import Contexts, differences, told
from towpath.privilege.gathering.condition_meanings import circumstances_of
from towpath.privilege.gathering.gather import gather
from towpath.privilege.gathering.grant import Grants
from towpath.privilege.gathering.identity import same_places, same_things
from towpath.privilege.gathering.side import Side
from towpath.privilege.given import Given, Parameters, TemplateLike
from towpath.privilege.language.work import DEFAULT_STEPS
from towpath.privilege.nested import Inner, compare_nested, same_output
from towpath.privilege.rename import renamed_groups, renamed_principals
from towpath.template.conditions import Truth
from towpath.template.for_each import PREFIX
from towpath.template.limits import MAX_DEPTH
from towpath.template.loading import Template
from towpath.template.parameters import declared_parameters, parameter_text
from towpath.template.pseudo import PseudoParameters
from towpath.template.resolution import ResolvedTemplate
from towpath.template.value import Symbol, canonical

_OPEN_PARTS: Final = ("template-loop", "template-transform")
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
        *compare_nested(both.sides, nested or {}, _inner(both.place, steps)),
        *both.policies.run(),
        *compare_facts(*grants, templates),
        *RoleComparison(*grants, both.policies, templates, steps).run(),
        *compare_memberships(*grants, templates),
        *compare_network(*grants, templates),
    ]
    whole = once_per_cause(together(found))
    return replace(one_per_new_subject(one_per_url(whole), *grants), kind="")


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
    before, after = Given.of(old, old_parameters, "old"), Given.of(new, new_parameters, "new")
    place = _place(pseudo or PseudoParameters(), (before.template, after.template))
    resolved = before.resolved(place), after.resolved(place)
    return tuple(differences(told(*resolved, contexts, lambda _: True)))


def _inner(place: PseudoParameters, steps: int) -> Inner:
    """Compares the templates of a nested stack, with what is passed to it and the templates that it may nest."""

    def compare(
        templates: tuple[TemplateLike | None, TemplateLike | None],
        values: tuple[Parameters, Parameters],
        nested: Mapping[str, TemplateLike],
        is_here: bool,
    ) -> Comparison:
        before, after = values
        there = place if is_here else replace(place, account_id=None, region=None)
        return compare_templates(
            *templates, old_parameters=before, new_parameters=after, pseudo=there, nested=nested, steps=steps
        )

    return compare


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
    before, after = Given.of(old, old_parameters, "old"), Given.of(new, new_parameters, "new")
    place = _place(pseudo or PseudoParameters(), (before.template, after.template))
    resolved = before.resolved(place), after.resolved(place)
    tells = told(*resolved, contexts or Contexts(), same_output(resolved, nested or {}, place))
    if any(tells):
        resolved = before.resolved(place, tells[0]), after.resolved(place, tells[1])
    values, templates = (before.values, after.values), (before.template, after.template)
    pairs = same_things(resolved[0].resources, resolved[1].resources)
    while True:
        sides = _sides(resolved, place, values, pairs, contexts.names if contexts else {})
        circumstances = circumstances_of(sides)
        grants = gather(sides[0], circumstances), gather(sides[1], circumstances)
        policies = PolicyComparison(*grants, templates, account=place.account_id, steps=steps)
        wider = pairs | renamed_principals(sides, pairs, policies) | renamed_groups(sides, pairs, grants)
        if len(wider) == len(pairs):
            wider = same_places(pairs, resolved[0].resources, resolved[1].resources)
        if len(wider) == len(pairs):
            break
        pairs = wider
    return Both(sides, grants, policies, templates, place)


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


def _sides(
    resolved: tuple[ResolvedTemplate, ResolvedTemplate],
    place: PseudoParameters,
    values: tuple[Parameters, Parameters],
    pairs: Mapping[str, str],
    physical: Mapping[str, str],
) -> tuple[Side, Side]:
    old, new = resolved
    names = {name: pairs.get(name, f"{name} (before)" if name in new.resources else name) for name in old.resources}
    hidden = _differing_secrets(resolved, values)
    conditions = _shared_conditions(old, new)
    known = {names[name]: physical[name] for name in names if name in physical}
    return (
        Side(old, names, place.values(), False, conditions[0], hidden, known),
        Side(new, {}, place.values(), True, conditions[1], hidden, known),
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
