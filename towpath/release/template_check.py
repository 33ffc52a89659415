"""Whether the template of a release is one that its environments can deploy: readable, of a size that CloudFormation
takes, with every parameter set, and with everything in it that the manifest names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from towpath.release.manifest import (
    ASSET_BUCKET_PARAMETER,
    ASSET_PREFIX_PARAMETER,
    EVERY_ENVIRONMENT,
    MANIFEST_PATH,
    Manifest,
)
from towpath.release.schema_check import show
from towpath.template.error import TemplateError
from towpath.template.loading import Template, load_template
from towpath.template.parameters import check_parameters, declared_parameters
from towpath.verdict import Reason, Verdict

_LOOP: Final = "Fn::ForEach::"


def read_template(content: bytes, name: str) -> Template | Verdict:
    """The template that these bytes are, or a refusal saying why they are none that can be deployed."""
    try:
        template = load_template(content, name=name)
    except TemplateError as error:
        return Verdict.refused(error.reason)
    misshapen = tuple(_shape(template))
    return Verdict.refused(*misshapen) if misshapen else template


def check_template(template: Template, manifest: Manifest, environments: Sequence[str] | None) -> tuple[Reason, ...]:
    """Where the template and the manifest do not fit; without environments, for those that the manifest names."""
    parameters = _check_values(template, manifest, environments)
    return (*parameters, *_check_own_parameters(template, manifest), *_check_names(template, manifest))


def _shape(template: Template) -> Iterator[Reason]:
    """A document is a template when it has resources, each with a type."""
    resources: Any = template.document.get("Resources")
    if not isinstance(resources, dict) or not resources:
        message = "The document has no Resources: it is not a template that can be deployed."
        yield Reason("template-without-resources", message, template.name, "Check that this file is the template.")
        return
    for logical_id, resource in cast("dict[str, Any]", resources).items():
        kind: Any = cast("dict[str, Any]", resource).get("Type") if isinstance(resource, dict) else None
        if not isinstance(kind, str) and not logical_id.startswith(_LOOP):
            where = template.place(("Resources", logical_id))
            yield Reason("template-resource-without-type", "A resource has no Type.", where, "Give it one.")


def _check_values(template: Template, manifest: Manifest, environments: Sequence[str] | None) -> Iterator[Reason]:
    named = [name for name in manifest.parameters if name != EVERY_ENVIRONMENT]
    declared = declared_parameters(template)
    own = {name: value for name, value in _own_values(manifest).items() if name in declared}
    seen: dict[tuple[str, str], list[str]] = {}
    reasons: dict[tuple[str, str], Reason] = {}
    for environment in environments if environments is not None else named or [EVERY_ENVIRONMENT]:
        values = {**own, **manifest.parameters_for(environment)}
        for reason in check_parameters(template, values):
            key = (reason.code, reason.message)
            seen.setdefault(key, []).append(environment)
            reasons.setdefault(key, reason)
    for key, reason in reasons.items():
        where = "" if seen[key] == [EVERY_ENVIRONMENT] else f" ({', '.join(seen[key])})"
        yield Reason(reason.code, f"{reason.message.removesuffix('.')}{where}.", reason.where, reason.remedy)


def _own_values(manifest: Manifest) -> Mapping[str, str]:
    """What Towpath itself sets when it deploys, with values that stand for the real ones."""
    versions = {rollout.version_parameter: "" for rollout in manifest.rollout if rollout.version_parameter}
    return {ASSET_BUCKET_PARAMETER: "towpath-assets", ASSET_PREFIX_PARAMETER: "assets/", **versions}


def _check_own_parameters(template: Template, manifest: Manifest) -> Iterator[Reason]:
    for environment, values in manifest.parameters.items():
        for name in values:
            if name in _own_values(manifest):
                where = f"{MANIFEST_PATH} $.parameters.{environment}.{name}"
                yield Reason("parameter-reserved", f"Towpath itself sets {name}.", where, "Remove the value.")
    for index, rollout in enumerate(manifest.rollout):
        if rollout.version_parameter and rollout.version_parameter not in declared_parameters(template):
            where = f"{MANIFEST_PATH} $.rollout[{index}].version_parameter"
            message = f"The template declares no parameter {rollout.version_parameter}."
            yield Reason("rollout-parameter-missing", message, where, "Pack the release again with `--rollout`.")


def _check_names(template: Template, manifest: Manifest) -> Iterator[Reason]:
    """Logical ids that the manifest names are in the template, unless a transform or a loop may yet make them."""
    resources = template.section("Resources")
    if "Transform" in template.document or any(name.startswith(_LOOP) for name in resources):
        return
    for place, logical_id in _named_resources(manifest):
        if logical_id not in resources:
            message = f"The template has no resource {show(logical_id)}."
            remedy = "Correct the name, or add the resource."
            yield Reason("resource-unknown", message, f"{MANIFEST_PATH} {place}", remedy)


def _named_resources(manifest: Manifest) -> Iterable[tuple[str, str]]:
    for index, rollout in enumerate(manifest.rollout):
        yield f"$.rollout[{index}].function", rollout.function
        yield f"$.rollout[{index}].alias", rollout.alias
        yield from ((f"$.rollout[{index}].alarms", alarm) for alarm in rollout.alarms)
    for index, probe in enumerate(manifest.probes):
        for field in ("function", "state_machine", "send_to", "receive_from", "table", "bucket"):
            if field in probe.request:
                yield f"$.probes[{index}].{field}", probe.request[field]
