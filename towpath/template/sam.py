"""Expands the SAM transform (`AWS::Serverless-2016-10-31`) with AWS's own translator, without AWS and without network.

The translator is imported only when a template is expanded: the Lambda bundle does not carry it. It is given a region
and no session, so it makes no client; what could only be answered by a call (an application from the Serverless
Application Repository) is refused beforehand.
"""

import copy
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from towpath.template.error import TemplateError
from towpath.template.loading import Template
from towpath.template.position import Path
from towpath.verdict import Reason

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"
# Its messages are for the SAM service's operators; without a handler Python would print them.
logging.getLogger("samtranslator").addHandler(logging.NullHandler())

_LEFT_AS_IT_IS = "{{IntrinsicFunction:unknown}}"
"""The translator leaves a reference alone when CloudFormation hands it a value that starts so."""
_LOCATIONS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}


@dataclass(frozen=True, slots=True)
class _Session:
    """All that the translator reads of an AWS session when nothing needs a call."""

    region_name: str


def declared_transforms(template: Template) -> tuple[str, ...]:
    """The names of a template's transforms in order; `AWS::Include` and macros written as mappings by their `Name`."""
    declared = template.document.get("Transform", [])
    entries = cast("list[Any]", declared) if isinstance(declared, list) else [declared]
    names = [cast("dict[str, Any]", entry).get("Name") if isinstance(entry, dict) else entry for entry in entries]
    return tuple(name for name in names if isinstance(name, str))


def is_sam(template: Template) -> bool:
    """Whether CloudFormation would expand this template with the SAM transform."""
    return SAM_TRANSFORM in declared_transforms(template)


def expand_sam(
    template: Template,
    parameters: Mapping[str, str] | None = None,
    *,
    keep: Collection[str] = (),
    keep_region: bool = False,
    region: str = "us-east-1",
) -> Template:
    """The template with its SAM resources expanded; the transform is gone from it, other transforms stay.

    The translator reads `parameters` and defaults where it must know a value; parameters named in `keep` stay
    references everywhere, and so do the region and partition with `keep_region`. Local paths count as code that is
    somewhere. Raises TemplateError, with every message of the translator, when the template cannot be expanded.
    """
    document = copy.deepcopy(template.document)
    resources = cast("dict[str, Any]", document.get("Resources")) if isinstance(document.get("Resources"), dict) else {}
    _refuse_repository_applications(template, resources)
    _stand_in_for_local_paths(document, resources)
    values: dict[str, str] = dict(parameters or {}) | dict.fromkeys(keep, _LEFT_AS_IT_IS)
    if keep_region:
        values |= dict.fromkeys(("AWS::Region", "AWS::Partition"), _LEFT_AS_IT_IS)
    expanded = _translate(template, document, values, region)
    others = [entry for entry in _transform_entries(template) if entry != SAM_TRANSFORM]
    if others:
        expanded["Transform"] = others[0] if len(others) == 1 else others
    return template.with_resources_of(expanded, _origins(template.section("Resources"), expanded["Resources"]))


def _origins(sources: Mapping[str, Any], generated: Mapping[str, Any]) -> dict[str, str]:
    """The SAM resource of each generated one: its logical id begins with that of its source. What belongs to several,
    such as the implicit API, has none."""
    longest_first = sorted((name for name, _, _ in _serverless(sources)), key=len, reverse=True)
    found = {name: next(filter(name.startswith, longest_first), None) for name in generated if name not in sources}
    return {name: source for name, source in found.items() if source is not None}


def _translate(template: Template, document: dict[str, Any], values: dict[str, str], region: str) -> dict[str, Any]:
    from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

    metrics = Metrics("towpath", DummyMetricsPublisher())
    try:
        to_py27_compatible_template(document, values)
        translator = Translator(None, Parser(), boto_session=cast("Any", _Session(region)), metrics=metrics)
        return undo_mark_unicode_str_in_template(translator.translate(document, parameter_values=values))
    except InvalidDocumentException as error:
        raise _not_expandable(template, [cause.message for cause in error.causes] or [error.message]) from None
    except Exception as error:  # the translator trusts its input: a hostile one raises anything
        raise _not_expandable(template, [f"{type(error).__name__}: {error}"]) from error
    finally:
        metrics.publish()


def _not_expandable(template: Template, messages: list[str]) -> TemplateError:
    place: Path = next(
        (
            ("Resources", name)
            for name in template.section("Resources")
            if any(f"[{name}]" in said for said in messages)
        ),
        ("Resources",),
    )
    said = " ".join(message.strip() for message in messages)
    return TemplateError(
        Reason(
            "template-sam",
            f"The SAM transform cannot expand this template: {said}",
            template.place(place),
            "Correct the resource; CloudFormation would refuse it with the same words.",
        )
    )


def _transform_entries(template: Template) -> list[Any]:
    declared = template.document.get("Transform", [])
    return cast("list[Any]", declared) if isinstance(declared, list) else [declared]


def _serverless(resources: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Logical id, type and properties of every SAM resource."""
    for logical_id, entry in resources.items():
        parts = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
        kind, properties = parts.get("Type"), parts.get("Properties")
        if isinstance(kind, str) and kind.startswith("AWS::Serverless::") and isinstance(properties, dict):
            yield logical_id, kind, cast("dict[str, Any]", properties)


def _refuse_repository_applications(template: Template, resources: Mapping[str, Any]) -> None:
    for logical_id, kind, properties in _serverless(resources):
        if kind == "AWS::Serverless::Application" and isinstance(properties.get("Location"), dict):
            raise TemplateError(
                Reason(
                    "template-sam-application",
                    f"{logical_id} comes from the Serverless Application Repository, which only AWS can answer for.",
                    template.place(("Resources", logical_id, "Properties", "Location")),
                    "Leave its expansion to CloudFormation, or nest the application's template by its path.",
                )
            )


def _stand_in_for_local_paths(document: Mapping[str, Any], resources: Mapping[str, Any]) -> None:
    """The translator takes S3 addresses only; a source template has paths there that packing has not replaced yet."""
    for _, kind, properties in _serverless(resources):
        _stand_in(properties, _LOCATIONS.get(kind, ""))
    shared = document.get("Globals")
    functions = cast("dict[str, Any]", shared).get("Function") if isinstance(shared, dict) else None
    if isinstance(functions, dict):
        _stand_in(cast("dict[str, Any]", functions), "CodeUri")


def _stand_in(properties: dict[str, Any], name: str) -> None:
    location = properties.get(name)
    if isinstance(location, str) and not location.startswith("s3://"):
        properties[name] = "s3://local-path/" + (location.replace("\\", "/").strip("./") or "here")
