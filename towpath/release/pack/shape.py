"""Whether a document has the shape of a template, so that the rest of packing may rely on it."""

from collections.abc import Iterator
from typing import Any

from towpath.template.for_each import PREFIX
from towpath.template.loading import Template
from towpath.template.traversal import mapping
from towpath.verdict import Reason

_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Globals", "Rules", "Metadata")


def misshapen(template: Template) -> tuple[Reason, ...]:
    """What is not where a template has it: sections and resources that are no mappings, resources without a type."""
    return tuple(_problems(template))


def _problems(template: Template) -> Iterator[Reason]:
    for section in _SECTIONS:
        if section in template.document and not isinstance(template.document[section], dict):
            empty = template.document[section] is None
            message = f"The section {section} is {'empty, which CloudFormation refuses' if empty else 'no mapping'}."
            remedy = "Remove it." if empty else "Write it as a mapping, or remove it."
            yield Reason("template-section", message, template.place((section,)), remedy)
    if not template.section("Resources"):
        message = "The document has no Resources: it is not a template that can be deployed."
        yield Reason("template-without-resources", message, template.name, "Check that this file is the template.")
    for logical_id, resource in template.section("Resources").items():
        if not logical_id.startswith((PREFIX, "Fn::Transform")):
            yield from _resource_problems(template, logical_id, resource)


def _resource_problems(template: Template, logical_id: str, resource: Any) -> Iterator[Reason]:
    where = template.place(("Resources", logical_id))
    if not isinstance(mapping(resource).get("Type"), str):
        yield Reason("template-resource-without-type", f"The resource {logical_id} has no Type.", where, "Give it one.")
    elif not isinstance(mapping(resource).get("Properties", {}), dict):
        message = f"The properties of {logical_id} are no mapping."
        yield Reason("template-properties", message, where, "Write them as a mapping.")
