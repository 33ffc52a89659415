"""Replaces the local files of one template: looks at each place that may name one, and says what it cannot take."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from towpath.release.pack.builds import BuildCheck, is_built
from towpath.release.pack.code_check import CodePlace, check_code, has_default_code
from towpath.release.pack.findings import Findings
from towpath.release.pack.locations import GLOBALS, LOCATIONS, Content, Location
from towpath.release.pack.rewritten import Rewritten, declare_asset_parameters, pass_asset_parameters
from towpath.release.pack.shelf import Shelf
from towpath.template.for_each import resources_in
from towpath.template.loading import Template
from towpath.template.position import Path as JsonPath
from towpath.template.traversal import mapping, sequence

_ELSEWHERE = re.compile(r"(?i)(s3|https?|arn|codecommit):")
_STACK = "AWS::CloudFormation::Stack"
_STACK_SET = "AWS::CloudFormation::StackSet"


class Files(Protocol):
    """Where the files of all templates go."""

    shelf: Shelf
    findings: Findings

    def nested(self, path: Path, where: str) -> tuple[str, Rewritten] | None:
        """The digest of a nested template; None when refused."""
        ...

    def shown(self, path: Path) -> str:
        """A path for people."""
        ...


@dataclass(frozen=True, slots=True)
class _Owner:
    """What names a file: a resource, or a kind in SAM's Globals, which has no entry of its own."""

    name: str
    entry: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.entry.get("Type"))


class TemplateFiles:
    """The files of one template."""

    def __init__(self, files: Files, template: Template, folder: Path) -> None:
        self._files = files
        self._findings = files.findings
        self._folder = folder
        self._source = template
        self._document = copy.deepcopy(template.document)
        self._globals = mapping(self._document.get("Globals"))
        self._result = Rewritten(template)
        self._has_default_code: set[str] = set()
        built = is_built(template.section("Resources").values(), folder)
        self._builds = None if built else BuildCheck(self._findings)

    def rewrite(self) -> Rewritten:
        """The template with the addresses of its files."""
        for kind, locations in GLOBALS.items():
            self._replace_all(mapping(self._globals.get(kind)), ("Globals", kind), locations, _Owner(kind, {}))
        shared = mapping(self._globals.get("Function"))
        for path, logical_id, entry in resources_in(self._document.get("Resources")):
            owner, inside = _Owner(logical_id, entry), (*path, "Properties")
            if has_default_code(entry, shared):
                self._take_default_code(owner, inside)
            self._replace_all(mapping(entry.get("Properties")), inside, LOCATIONS.get(owner.type, ()), owner)
            self._as_stack(entry)
            check_code(logical_id, entry, shared, CodePlace(self._folder, self._source.place(inside)), self._findings)
        if self._result.uses_assets:
            declare_asset_parameters(self._document)
        self._result.template = self._source.with_document(self._document)
        return self._result

    def _take_default_code(self, owner: _Owner, inside: JsonPath) -> None:
        said = f"{owner.name} has no CodeUri: everything beside the template is its code, as for `sam` and `aws`."
        self._has_default_code.add(owner.name)
        self._findings.notice("code-uri-default", said, self._source.place(inside), "Name the folder that holds it.")
        owner.entry.setdefault("Properties", {})["CodeUri"] = "."

    def _replace_all(
        self, properties: dict[str, Any], path: JsonPath, locations: tuple[Location, ...], owner: _Owner
    ) -> None:
        for location in locations:
            for holder, key, place in _holders(properties, location.path, path):
                holder[key] = self._address(holder[key], location, place, owner)

    def _address(self, value: Any, location: Location, path: JsonPath, owner: _Owner) -> Any:
        """What stands there afterwards: the asset's address for a path, and anything else as it was."""
        branches = sequence(mapping(value).get("Fn::If"))
        if len(branches) == 3:
            taken = [self._address(item, location, (*path, "Fn::If", n), owner) for n, item in enumerate(branches) if n]
            return {"Fn::If": [branches[0], *taken]}
        where = self._source.place(path)
        if not isinstance(value, str) or _ELSEWHERE.match(value):
            self._note_elsewhere(value, owner, where)
            return value
        file = self._folder / value
        if not value or not file.exists():
            said = f'{owner.name} names "{value}", and there is no such file or folder below the template\'s.'
            remedy = "Correct the path; it starts at the template's folder. Build first if a build makes it."
            if "${" in value:
                remedy = "Write the path out: packing comes before CloudFormation knows what to put there."
            self._findings.refuse("asset-missing", said, where, remedy)
            return value
        if location.content is Content.TEMPLATE:
            return self._nested(file, location, owner, where)
        return self._file(file, location, owner, where)

    def _file(self, file: Path, location: Location, owner: _Owner, where: str) -> Any:
        source = self._files.shown(file)
        if location.content is Content.ZIP:
            self._inspect(file, owner, where)
            digest = self._files.shelf.add_zip(file, source, where)
        elif file.is_dir():
            self._findings.refuse("asset-not-a-file", f"{source} is a folder.", where, "Name the file in it.")
            return source
        else:
            digest = self._files.shelf.add_file(file, source)
        self._result.uses_assets = True
        return location.address.of(digest or "")

    def _inspect(self, file: Path, owner: _Owner, where: str) -> None:
        """Looks whether the folder of a function or layer holds code, and whether it holds more than code."""
        if not file.is_dir():
            return
        beside = (file / self._source.name.rpartition("/")[2]).is_file()
        if beside and owner.name not in self._has_default_code:
            said = f"The folder {self._files.shown(file)} is the template's own: everything beside it is packed."
            self._findings.notice("asset-is-template-folder", said, where, "Move the code into a folder of its own.")
        if self._builds is not None and "LayerVersion" in owner.type:
            self._builds.layer(owner.name, owner.entry, file, where)
        elif self._builds is not None and owner.type.endswith("::Function"):
            shared = mapping(self._globals.get("Function")).get("Runtime")
            runtime = mapping(owner.entry.get("Properties")).get("Runtime", shared)
            self._builds.function(owner.name, owner.entry, runtime, file, where)

    def _nested(self, file: Path, location: Location, owner: _Owner, where: str) -> Any:
        found = self._files.nested(file, where)
        if found is None:
            return self._files.shown(file)
        digest, nested = found
        self._result.uses_assets = True
        self._result.nested_capabilities |= nested.capabilities
        if owner.type == _STACK_SET and nested.uses_assets:
            said = "A stack set's template with files of its own is not supported yet: its targets are elsewhere."
            self._findings.refuse("stack-set-assets", said, where, "Let its template name only files in S3.")
        elif nested.uses_assets:
            pass_asset_parameters(mapping(owner.entry["Properties"]))
        return location.address.of(digest)

    def _as_stack(self, entry: dict[str, Any]) -> None:
        """A nested application that is packed is a nested stack: SAM takes no address with parameters in it."""
        properties = mapping(entry.get("Properties"))
        if entry.get("Type") == "AWS::Serverless::Application" and "Fn::Sub" in mapping(properties.get("Location")):
            entry["Type"] = _STACK
            properties["TemplateURL"] = properties.pop("Location")

    def _note_elsewhere(self, value: Any, owner: _Owner, where: str) -> None:
        keys = mapping(value).keys()
        if isinstance(value, str) or (keys and not keys & {"ZipFile", "ImageUri", "ApplicationId"}):
            named = value if isinstance(value, str) else "a file"
            said = f"{owner.name} takes {named}, which is not part of the release."
            self._findings.notice("asset-elsewhere", said, where, "Its content can change without a new release.")


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
