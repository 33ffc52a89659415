"""Expands a SAM template whose functions go under rollout: only the expanded template has the alias to take hold of.

Every parameter stays a reference, because its value differs between environments; where the SAM transform must know a
value, the one that is the same in all environments is used, or the release is refused (docs/adr/0010).
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from towpath.release.manifest import ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER, EVERY_ENVIRONMENT
from towpath.release.pack.rollout.wish import DEFAULT_ALIAS, RolloutWish
from towpath.template.error import TemplateError
from towpath.template.loading import Template
from towpath.template.parameters import declared_parameters
from towpath.template.sam import expand_sam
from towpath.template.traversal import mapping
from towpath.verdict import Reason

_FUNCTION = "AWS::Serverless::Function"
_REMEDY = (
    "A function under rollout is expanded while packing: write a value there that is the same in all environments."
)


def is_shifted_by_itself(template: Template) -> bool:
    """Whether a SAM template asks CodeDeploy to shift traffic during the stack update."""
    shared = mapping(mapping(template.document.get("Globals")).get("Function"))
    functions = [mapping(mapping(entry).get("Properties")) for entry in template.section("Resources").values()]
    return any("DeploymentPreference" in properties for properties in (shared, *functions))


def expand_for_rollout(
    template: Template, wishes: Sequence[RolloutWish], parameters: Mapping[str, Mapping[str, str]]
) -> Template | Reason:
    """The expanded template, with an alias for every wished function, or the reason why it cannot be had."""
    source = template.with_document(_with_aliases(template, wishes))
    keep = declared_parameters(template)
    try:
        return expand_sam(source, keep=keep, keep_region=True)
    except TemplateError:
        common = _common_values(template, parameters)
    try:
        return expand_sam(source, common, keep=[name for name in keep if name not in common], keep_region=True)
    except TemplateError as error:
        return replace(error.reason, remedy=_REMEDY)


def without_alias(template: Template, wishes: Sequence[RolloutWish]) -> frozenset[str]:
    """The wished functions that the SAM template gives no alias yet."""
    shared = mapping(mapping(template.document.get("Globals")).get("Function"))
    functions = {wish.function: mapping(template.section("Resources").get(wish.function)) for wish in wishes}
    return frozenset(
        name
        for name, entry in functions.items()
        if entry.get("Type") == _FUNCTION
        and "AutoPublishAlias" not in shared
        and "AutoPublishAlias" not in mapping(entry.get("Properties"))
    )


def _with_aliases(template: Template, wishes: Sequence[RolloutWish]) -> dict[str, Any]:
    changed: dict[str, Any] = copy.deepcopy(template.document)
    for function in without_alias(template, wishes):
        changed["Resources"][function].setdefault("Properties", {})["AutoPublishAlias"] = DEFAULT_ALIAS
    return changed


def _common_values(template: Template, parameters: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The parameters that have one value in every environment, and it."""
    everywhere = parameters.get(EVERY_ENVIRONMENT, {})
    environments = [values for name, values in parameters.items() if name != EVERY_ENVIRONMENT] or [{}]
    found: dict[str, str] = {}
    for name, parameter in declared_parameters(template).items():
        values = {values.get(name, everywhere.get(name, parameter.default)) for values in environments}
        value = values.pop()
        if not values and value is not None and name not in (ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER):
            found[name] = value
    return found
