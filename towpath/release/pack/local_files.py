"""Replaces every local file that a template names by its place in the release, nested templates first.

The places are given by two parameters that are added to the template, so that nothing is rewritten after the digest is
taken. Paths start at the folder of the template that names them, and may lead out of it.
"""

import copy
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from towpath.release.manifest import ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER
from towpath.release.pack.builds import BuildCheck, is_built
from towpath.release.pack.capabilities import capabilities_of
from towpath.release.pack.findings import Findings
from towpath.release.pack.includes import Includer
from towpath.release.pack.locations import GLOBALS, LOCATIONS, Content, Location
from towpath.release.pack.shelf import Shelf
from towpath.release.pack.template_text import template_text
from towpath.template.error import TemplateError
from towpath.template.loading import Template, load_template
from towpath.template.position import Path as JsonPath
from towpath.template.traversal import mapping, sequence

_ELSEWHERE = re.compile(r"(?i)(s3|https?|arn|codecommit):")
_STACK = "AWS::CloudFormation::Stack"
_STACK_SET = "AWS::CloudFormation::StackSet"


@dataclass(slots=True)
class Rewritten:
    """A template whose local files stand on the shelf; `uses_assets` tells whether it needs the two parameters."""

    template: Template
    uses_assets: bool = False
    nested_capabilities: set[str] = field(default_factory=set[str])
    """What the templates nested in it need."""

    @property
    def capabilities(self) -> set[str]:
        """What CloudFormation will ask for, nested templates included."""
        return self.nested_capabilities | capabilities_of(self.template)


def declare_asset_parameters(document: dict[str, Any]) -> None:
    """Declares the two parameters that tell where the assets are."""
    parameters = document.setdefault("Parameters", {})
    parameters[ASSET_BUCKET_PARAMETER] = {"Type": "String", "Description": "The bucket of this release's assets."}
    parameters[ASSET_PREFIX_PARAMETER] = {"Type": "String", "Description": "What the keys of its assets begin with."}


def pass_asset_parameters(properties: dict[str, Any]) -> None:
    """Hands the two parameters down to a nested stack."""
    parameters = properties.setdefault("Parameters", {})
    parameters |= {name: {"Ref": name} for name in (ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER)}


class LocalFiles:
    """Takes the files of a template, and of the templates nested in it, to the shelf."""

    def __init__(self, shelf: Shelf, findings: Findings, root: Path) -> None:
        self.shelf = shelf
        self.findings = findings
        self._root = root
        self._open: list[Path] = []
        self._nested: dict[Path, tuple[str, Rewritten]] = {}

    def rewrite(self, template: Template, folder: Path) -> Rewritten:
        """The template with addresses for paths. What cannot be packed is among the findings."""
        included = template.with_document(Includer(template, folder, self.findings).document())
        return _TemplateFiles(self, included, folder).rewrite()

    def nested(self, path: Path, where: str) -> tuple[str, Rewritten] | None:
        """The digest of a nested template after its own files were replaced; None when refused."""
        path = path.resolve()
        if path in self._open:
            said = f"{self.shown(path)} nests itself."
            self.findings.refuse("nested-circle", said, where, "Cut the circle of nested templates.")
            return None
        if path not in self._nested:
            try:
                template = load_template(path.read_bytes(), name=self.shown(path))
            except TemplateError as error:
                self.findings.refusals.append(error.reason)
                return None
            self._open.append(path)
            rewritten = self.rewrite(template, path.parent)
            self._open.pop()
            content = template_text(rewritten.template, self.findings)
            self._nested[path] = (self.shelf.add_bytes(content, self.shown(path)), rewritten)
        return self._nested[path]

    def shown(self, path: Path) -> str:
        """A path for people and the manifest: relative to the root template's folder, the same on every machine."""
        return os.path.relpath(path.resolve(), self._root.resolve()).replace(os.sep, "/")


class _TemplateFiles:
    """The files of one template."""

    def __init__(self, files: LocalFiles, template: Template, folder: Path) -> None:
        self._files = files
        self._findings = files.findings
        self._folder = folder
        self._source = template
        self._document = copy.deepcopy(template.document)
        self._resources = mapping(self._document.get("Resources"))
        self._result = Rewritten(template)
        self._builds = None if is_built(self._resources.values(), folder) else BuildCheck(self._findings)

    def rewrite(self) -> Rewritten:
        for kind, locations in GLOBALS.items():
            shared = mapping(mapping(self._document.get("Globals")).get(kind))
            self._replace_all(shared, ("Globals", kind), locations, kind)
        for logical_id, resource in self._resources.items():
            entry = mapping(resource)
            path: JsonPath = ("Resources", logical_id, "Properties")
            locations = LOCATIONS.get(str(entry.get("Type")), ())
            self._replace_all(mapping(entry.get("Properties")), path, locations, logical_id)
            self._check_code(logical_id, entry, path)
        if self._result.uses_assets:
            declare_asset_parameters(self._document)
        self._result.template = self._source.with_document(self._document)
        return self._result

    def _replace_all(
        self, properties: dict[str, Any], path: JsonPath, locations: tuple[Location, ...], owner: str
    ) -> None:
        for location in locations:
            for holder, key, place in _holders(properties, location.path, path):
                holder[key] = self._address(holder[key], location, place, owner)

    def _address(self, value: Any, location: Location, path: JsonPath, owner: str) -> Any:
        """What stands there afterwards: the asset's address for a path, and anything else as it was."""
        branches = sequence(mapping(value).get("Fn::If"))
        if len(branches) == 3:
            taken = [self._address(item, location, (*path, "Fn::If", n), owner) for n, item in enumerate(branches) if n]
            return {"Fn::If": [branches[0], *taken]}
        where = self._source.place(path)
        if not isinstance(value, str):
            self._note_elsewhere(value, owner, where)
            return value
        if _ELSEWHERE.match(value):
            said = f"{owner} takes {value}, which is not part of the release."
            self._findings.notice("asset-elsewhere", said, where, "Its content can change without a new release.")
            return value
        file = self._folder / value
        if not file.exists():
            said = f"{owner} names {value}, and there is no such file or folder in {self._files.shown(self._folder)}."
            remedy = "Correct the path; it starts at the template's folder. Build first if a build makes it."
            self._findings.refuse("asset-missing", said, where, remedy)
            return value
        if location.content is Content.TEMPLATE:
            return self._nested(file, location, path, where)
        return self._file(file, location, path, where)

    def _file(self, file: Path, location: Location, path: JsonPath, where: str) -> Any:
        self._inspect(file, location, path, where)
        source = self._files.shown(file)
        if location.content is Content.ZIP:
            digest = self._files.shelf.add_zip(file, source, where)
        elif file.is_dir():
            self._findings.refuse("asset-not-a-file", f"{source} is a folder.", where, "Name the file in it.")
            return source
        else:
            digest = self._files.shelf.add_file(file, source)
        self._result.uses_assets = True
        return location.address.of(digest or "")

    def _inspect(self, file: Path, location: Location, path: JsonPath, where: str) -> None:
        """Looks whether the folder of a function or layer holds code, and whether it holds more than code."""
        if location.content is not Content.ZIP or not file.is_dir():
            return
        if (file / self._source.name.rpartition("/")[2]).is_file():
            said = (
                f"The code in {self._files.shown(file)} is the template's own folder: everything beside it is packed."
            )
            self._findings.notice("asset-is-template-folder", said, where, "Move the code into a folder of its own.")
        logical_id = str(path[1])
        entry = mapping(self._resources.get(logical_id)) if path[0] == "Resources" else {}
        if self._builds is None:
            return
        if "LayerVersion" in str(entry.get("Type")):
            self._builds.layer(logical_id, entry, file, where)
        elif str(entry.get("Type")).endswith("::Function"):
            self._builds.function(logical_id, entry, self._runtime(entry), file, where)

    def _runtime(self, entry: dict[str, Any]) -> Any:
        shared = mapping(mapping(self._document.get("Globals")).get("Function")).get("Runtime")
        return mapping(entry.get("Properties")).get("Runtime", shared)

    def _nested(self, file: Path, location: Location, path: JsonPath, where: str) -> Any:
        found = self._files.nested(file, where)
        entry = mapping(self._resources.get(str(path[1])))
        if found is None:
            return self._files.shown(file)
        digest, nested = found
        self._result.uses_assets = True
        self._result.nested_capabilities |= nested.capabilities
        if entry.get("Type") == _STACK_SET and nested.uses_assets:
            said = (
                "A stack set's template with files of its own is not supported yet, because its targets are elsewhere."
            )
            self._findings.refuse("stack-set-assets", said, where, "Let its template name only files in S3.")
        elif nested.uses_assets:
            pass_asset_parameters(mapping(entry["Properties"]))
        return location.address.of(digest)

    def _check_code(self, logical_id: str, entry: dict[str, Any], path: JsonPath) -> None:
        """What concerns the resource as a whole: a nested application is a stack, a function needs code."""
        properties = mapping(entry.get("Properties"))
        where = self._source.place(path)
        if entry.get("Type") == "AWS::Serverless::Application" and "Fn::Sub" in mapping(properties.get("Location")):
            entry["Type"] = _STACK
            properties["TemplateURL"] = properties.pop("Location")
        if entry.get("Type") in ("AWS::Lambda::Function", "AWS::Serverless::Function"):
            if _is_image(properties):
                self._check_image(logical_id, entry, where)
            elif not self._has_code(properties):
                said = f"The function {logical_id} has no code."
                self._findings.refuse("function-without-code", said, where, "Name its folder or file.")

    def _has_code(self, properties: dict[str, Any]) -> bool:
        shared = mapping(mapping(self._document.get("Globals")).get("Function"))
        return any(name in properties for name in ("Code", "CodeUri", "InlineCode")) or "CodeUri" in shared

    def _check_image(self, logical_id: str, entry: dict[str, Any], where: str) -> None:
        properties = mapping(entry.get("Properties"))
        image = properties.get("ImageUri", mapping(properties.get("Code")).get("ImageUri"))
        if image is None or (isinstance(image, str) and (self._folder / image).exists()):
            said = f"{logical_id} is a container image that has not been pushed."
            remedy = (
                "Not supported yet, because a registry and not the release holds an image. Push it, name its digest."
            )
            self._findings.refuse("image-asset", said, where, remedy)
        elif not isinstance(image, str) or "@sha256:" not in image:
            said = f"{logical_id} takes a container image by a name whose content can change."
            self._findings.notice("image-not-pinned", said, where, "Name it by its digest: repository@sha256:...")

    def _note_elsewhere(self, value: Any, owner: str, where: str) -> None:
        keys = mapping(value).keys()
        if keys and not keys & {"ZipFile", "ImageUri", "ApplicationId"}:
            said = f"{owner} takes a file that is not part of the release."
            self._findings.notice("asset-elsewhere", said, where, "Its content can change without a new release.")


def _is_image(properties: dict[str, Any]) -> bool:
    return properties.get("PackageType") == "Image" or "ImageUri" in properties


def _holders(
    properties: dict[str, Any], names: tuple[str, ...], path: JsonPath
) -> Iterator[tuple[dict[str, Any], str, JsonPath]]:
    """The mappings that hold the property at `names`, with its key and path; `*` stands for every key."""
    name, *rest = names
    for key in list(properties) if name == "*" else [name]:
        if key not in properties:
            continue
        if rest:
            yield from _holders(mapping(properties[key]), tuple(rest), (*path, key))
        else:
            yield properties, key, (*path, key)
