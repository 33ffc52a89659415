"""Expands SAM templates as they stand in a repository: not built, not packaged, with parameters that have no value yet.

The translator refuses some of these because it runs when all of that is settled. What it only passes on (where code and
images are, which application of the repository of applications is meant) gets a stand-in; a parameter that it insists
on gets a name in its place, which becomes a reference again afterwards. Loops are unrolled first, as CloudFormation
does. What is expanded so says what is granted; it is not for deploying.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from towpath.template.error import TemplateError
from towpath.template.for_each import PREFIX, LoopExpander
from towpath.template.loading import Template
from towpath.template.parameters import declared_parameters
from towpath.template.sam import declared_transforms, expand_sam
from towpath.template.traversal import mapping

_LANGUAGE: Final = "AWS::LanguageExtensions"
_CODE: Final = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_SOMEWHERE: Final = "s3://local-path/here"
_IMAGE: Final = "local-image"
_REFERRING: Final = frozenset({"Ref", "Fn::GetAtt", "DependsOn", "Condition"})
_HOLE: Final = re.compile(r"(\$\{[^{}]*\})")


def expand_sam_source(template: Template, parameters: Mapping[str, str] | None = None) -> Template:
    """The template with its SAM resources expanded, as far as can be told. Raises TemplateError when it cannot be."""
    values = dict(parameters or {})
    document, loops = _completed(template, values)
    completed = template.with_document(document)
    if loops and not document["Resources"]:
        return _with_loops(completed, loops)
    try:
        return _with_loops(expand_sam(completed, values), loops)
    except TemplateError as error:
        open_ones = {
            name: f"TowpathUnset{name}"
            for name, parameter in declared_parameters(template).items()
            if name not in values and parameter.default is None
        }
        if not open_ones:
            raise
        try:
            expanded = expand_sam(completed, {**values, **open_ones})
        except TemplateError:
            raise error from None
        restored = {
            name: _restored(part, open_ones) if name in _PARTS else part for name, part in expanded.document.items()
        }
        return _with_loops(expanded.with_document(restored), loops)


def _with_loops(expanded: Template, loops: Mapping[str, Any]) -> Template:
    """The expanded template with the loops that could not be unrolled, so that resolving it tells of them."""
    document = dict(expanded.document)
    document["Resources"] = {**expanded.section("Resources"), **loops}
    return expanded.with_document(document)


_PARTS: Final = ("Resources", "Outputs", "Conditions")


def _completed(template: Template, values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    document, loops = copy.deepcopy(template.document), dict[str, Any]()
    if _LANGUAGE in declared_transforms(template):
        document["Resources"], loops = _unrolled(template, document.get("Resources"), values)
    shared = mapping(mapping(document.get("Globals")).get("Function"))
    _settle(shared, "CodeUri")
    for entry in _resources(document):
        properties = entry.setdefault("Properties", {})
        if not isinstance(properties, dict):
            continue
        own = cast("dict[str, Any]", properties)
        kind = str(entry.get("Type"))
        _settle(own, _CODE.get(kind, ""))
        if kind == "AWS::Serverless::Application" and isinstance(own.get("Location"), dict):
            _nest(entry, own)
        is_image = own.get("PackageType", shared.get("PackageType")) == "Image"
        if kind == "AWS::Serverless::Function" and is_image and "ImageUri" not in {**shared, **own}:
            own["ImageUri"] = _IMAGE
    return document, loops


def _resources(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in mapping(document.get("Resources")).values():
        if isinstance(entry, dict) and str(cast("dict[str, Any]", entry).get("Type")).startswith("AWS::Serverless::"):
            yield cast("dict[str, Any]", entry)


def _settle(properties: dict[str, Any], name: str) -> None:
    """Code that is at an address which is put together is at some address."""
    location = properties.get(name)
    if isinstance(location, dict) and not {"Bucket", "Key"} <= set(cast("dict[str, Any]", location)):
        properties[name] = _SOMEWHERE


def _nest(entry: dict[str, Any], properties: Mapping[str, Any]) -> None:
    """An application of the repository of applications is a nested stack whose template is not at hand."""
    location = mapping(properties.get("Location"))
    parts = ["serverlessrepo:", location.get("ApplicationId", ""), "@", location.get("SemanticVersion", "")]
    entry["Type"] = "AWS::CloudFormation::Stack"
    given = {"Parameters": properties["Parameters"]} if "Parameters" in properties else {}
    entry["Properties"] = {"TemplateURL": {"Fn::Join": ["", parts]}, **given}


def _unrolled(template: Template, resources: Any, values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The resources with every loop unrolled that can be, and the loops that cannot."""
    declared = declared_parameters(template)
    found: dict[str, Any] = {}
    left: dict[str, Any] = {}

    def collection(node: Any, _: Any) -> list[str] | None:
        listed = cast("list[Any]", node) if isinstance(node, list) else None
        name = mapping(node).get("Ref")
        if isinstance(name, str) and name in declared:
            text = values.get(name, declared[name].default)
            listed = None if text is None else [item.strip() for item in text.split(",")]
        return None if listed is None or not all(isinstance(item, str) for item in listed) else listed

    for name, entry in mapping(resources).items():
        problems: list[str] = []

        def complain(_: Any, message: str, into: list[str] = problems) -> None:
            into.append(message)

        expanded = LoopExpander(collection, complain).expand({name: entry}, ("Resources",))
        if name.startswith(PREFIX) and problems:
            left[name] = entry
        else:
            found.update(mapping(expanded))
    return found, left


def _restored(value: Any, names: Mapping[str, str]) -> Any:
    """The value with each stand-in a reference to its parameter again."""
    if isinstance(value, str):
        return _referring(value, names)
    if isinstance(value, list):
        return [_restored(item, names) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    if list(entries) == ["Fn::Sub"]:
        return {"Fn::Sub": _resubstituted(entries["Fn::Sub"], names)}
    return {key: item if key in _REFERRING else _restored(item, names) for key, item in entries.items()}


def _referring(text: str, names: Mapping[str, str]) -> Any:
    for name, stand_in in names.items():
        if text == stand_in:
            return {"Ref": name}
        if stand_in in text:
            pieces: list[Any] = []
            for index, piece in enumerate(text.split(stand_in)):
                pieces += [{"Ref": name}] if index else []
                pieces.append(_referring(piece, names))
            return {"Fn::Join": ["", pieces]}
    return text


def _resubstituted(argument: Any, names: Mapping[str, str]) -> Any:
    if isinstance(argument, list):
        first, *rest = cast("list[Any]", argument) or [""]
        return [_resubstituted(first, names), *(_restored(item, names) for item in rest)]
    if not isinstance(argument, str):
        return argument
    pieces = _HOLE.split(argument)
    for name, stand_in in sorted(names.items(), key=lambda item: -len(item[1])):
        pieces = [
            piece if piece.startswith("${") else piece.replace(stand_in, f"${{{name}}}")
            for whole in pieces
            for piece in _HOLE.split(whole)
        ]
    return "".join(pieces)
