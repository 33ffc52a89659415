"""What a manifest says, once it is known to be a manifest: `release.json`, format 1, as frozen values.

The published schema (schema/release.schema.json) decides the shape; this module adds what a schema cannot say: Semantic
Versioning, names that depend on other names, and entries that must differ.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import semver

from towpath.release.schema_check import check_against, show
from towpath.template.error import TemplateError
from towpath.template.json_reader import NotJsonError, read_json
from towpath.verdict import Reason, Verdict

MANIFEST_PATH: Final = "release.json"
FORMAT: Final = 1
SCHEMA: Final = Path(__file__).parent / "schema" / "release.schema.json"
EVERY_ENVIRONMENT: Final = "*"
ASSET_BUCKET_PARAMETER: Final = "TowpathAssetBucket"
ASSET_PREFIX_PARAMETER: Final = "TowpathAssetPrefix"
OWN_SERVICE: Final = "towpath"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a release was made from; the time is RFC 3339. Both may be unknown."""

    revision: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of the artifact: path in the zip, SHA-256 in hex, size in bytes, and what it was made from if known."""

    path: str
    sha256: str
    size: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class ContractFile:
    """A contract that the release carries, and of which kind it is."""

    file: PackedFile
    kind: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """How one function's traffic shifts. Functions, aliases and alarms are named by their logical ids.

    `watched` means that the template's own update policy shifts it, and the pipeline only looks on.
    """

    function: str
    alias: str
    alias_name: str
    strategy: str
    version_parameter: str = ""
    alarms: tuple[str, ...] = ()
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """A declared check. `request` holds the fields that belong to its kind; no environments means all of them."""

    name: str
    kind: str
    phases: tuple[str, ...]
    timeout_seconds: int
    retries: int
    environments: tuple[str, ...]
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A sound manifest. `document` is the JSON that it was read from."""

    service: str
    version: str
    stack: str
    source: Source
    template: PackedFile
    assets: tuple[PackedFile, ...]
    parameters: Mapping[str, Mapping[str, str]]
    capabilities: tuple[str, ...]
    tags: Mapping[str, str]
    rollout: tuple[Rollout, ...]
    probes: tuple[Probe, ...]
    contracts: tuple[ContractFile, ...]
    document: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The key under which the release is uploaded."""
        return upload_key(self.service, self.version)

    def parameters_for(self, environment: str) -> dict[str, str]:
        """The values that hold in an environment: its own before those of every environment."""
        return {**self.parameters.get(EVERY_ENVIRONMENT, {}), **self.parameters.get(environment, {})}

    def files(self) -> tuple[PackedFile, ...]:
        """Every file that the artifact must hold beside the manifest itself."""
        return (self.template, *self.assets, *(contract.file for contract in self.contracts))


def upload_key(service: str, version: str) -> str:
    """`releases/<service>/<version>.zip`."""
    return f"releases/{service}/{version}.zip"


def parse_manifest(content: bytes, name: str = MANIFEST_PATH) -> Manifest | Verdict:
    """The manifest that these bytes are, or a refusal with a reason for every mistake, each naming its JSON path."""
    try:
        document = read_json(content.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        return _not_json(name, f"byte {error.start} is not UTF-8")
    except NotJsonError as error:
        return _not_json(f"{name}:{error.position}", error.message)
    except TemplateError as error:
        return _not_json(error.reason.where, error.reason.message)
    return parse_document(document, name)


def parse_document(document: Any, name: str = MANIFEST_PATH) -> Manifest | Verdict:
    """The manifest that this JSON value is, or a refusal as from `parse_manifest`."""
    unsupported = _unsupported(document, name)
    if unsupported:
        return Verdict.refused(unsupported)
    broken = check_against(SCHEMA, document, name, "manifest-invalid")
    if broken:
        return Verdict.refused(*broken)
    manifest = _manifest(cast("dict[str, Any]", document))
    wrong = tuple(_contradictions(manifest, name))
    return Verdict.refused(*wrong) if wrong else manifest


def _not_json(where: str, problem: str) -> Verdict:
    remedy = "Write it as one JSON object in UTF-8, each key once."
    return Verdict.refused(
        Reason("manifest-not-json", f"The manifest is not readable as JSON: {problem}.", where, remedy)
    )


def _unsupported(document: Any, name: str) -> Reason | None:
    """A manifest of another format is not judged by this format's rules."""
    found: Any = cast("dict[str, Any]", document).get("format") if isinstance(document, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found == FORMAT:
        return None
    remedy = f"This Towpath reads format {FORMAT}. Pack again with a matching towpath, or update the pipeline."
    return Reason("manifest-format-unsupported", f"The manifest has format {show(found)}.", f"{name} $.format", remedy)


def _manifest(document: Mapping[str, Any]) -> Manifest:
    source: Mapping[str, str] = document.get("source", {})
    return Manifest(
        service=document["service"],
        version=document["version"],
        stack=document.get("stack", document["service"]),
        source=Source(source.get("revision", ""), source.get("time", "")),
        template=_file(document["template"]),
        assets=tuple(_file(entry) for entry in document["assets"]),
        parameters=document["parameters"],
        capabilities=tuple(document["capabilities"]),
        tags=document.get("tags", {}),
        rollout=tuple(_rollout(entry) for entry in document.get("rollout", ())),
        probes=tuple(_probe(entry) for entry in document.get("probes", ())),
        contracts=tuple(ContractFile(_file(entry), entry["kind"]) for entry in document.get("contracts", ())),
        document=document,
    )


def _file(entry: Mapping[str, Any]) -> PackedFile:
    # JSON Schema counts 5.0 as an integer.
    return PackedFile(entry["path"], entry["sha256"], int(entry["size"]), entry.get("source", ""))


def _rollout(entry: Mapping[str, Any]) -> Rollout:
    return Rollout(
        function=entry["function"],
        alias=entry["alias"],
        alias_name=entry["alias_name"],
        strategy=entry["strategy"],
        version_parameter=entry.get("version_parameter", ""),
        alarms=tuple(entry.get("alarms", ())),
        watched=entry.get("watched", False),
    )


def _probe(entry: Mapping[str, Any]) -> Probe:
    general = ("name", "kind", "phases", "timeout_seconds", "retries", "environments")
    return Probe(
        name=entry["name"],
        kind=entry["kind"],
        phases=tuple(entry.get("phases", ("before", "after"))),
        timeout_seconds=int(entry.get("timeout_seconds", 10)),
        retries=int(entry.get("retries", 2)),
        environments=tuple(entry.get("environments", ())),
        request={field: value for field, value in entry.items() if field not in general},
    )


def _contradictions(manifest: Manifest, name: str) -> Iterator[Reason]:
    service, stack = manifest.service, manifest.stack
    if not semver.Version.is_valid(manifest.version):
        remedy = "Write it as MAJOR.MINOR.PATCH, optionally with -prerelease and +build, after semver.org."
        message = f"{show(manifest.version)} is no Semantic Version."
        yield Reason("version-not-semver", message, f"{name} $.version", remedy)
    if service.startswith(OWN_SERVICE) and service != OWN_SERVICE:
        message = f"Names beginning with {OWN_SERVICE} are reserved for Towpath itself."
        yield Reason("service-reserved", message, f"{name} $.service", "Choose another name for the service.")
    if stack != service and not stack.startswith(f"{service}-"):
        remedy = f"Call it {service}, or begin its name with {service}-."
        message = f"The stack {stack} does not carry the name of its service."
        yield Reason("stack-name", message, f"{name} $.stack", remedy)
    for index, asset in enumerate(manifest.assets):
        if asset.path != f"assets/{asset.sha256}":
            message = f"The path {asset.path} does not end in the asset's own SHA-256, {asset.sha256}."
            yield Reason("asset-path", message, f"{name} $.assets[{index}].path", "Pack the release again.")
    for index, contract in enumerate(manifest.contracts):
        if {".", ".."} & set(contract.file.path.split("/")):
            message = f"The path {contract.file.path} has a part that leads elsewhere."
            yield Reason("contract-path", message, f"{name} $.contracts[{index}].path", "Name the file itself.")
    yield from _repeated(name, "assets", "path", (asset.path for asset in manifest.assets))
    yield from _repeated(name, "contracts", "path", (contract.file.path for contract in manifest.contracts))
    yield from _repeated(name, "rollout", "function", (entry.function for entry in manifest.rollout))
    yield from _repeated(name, "probes", "name", (probe.name for probe in manifest.probes))


def _repeated(name: str, section: str, field: str, values: Iterable[str]) -> Iterator[Reason]:
    for value, count in Counter(values).items():
        if count > 1:
            message = f"{count} entries have the {field} {value}."
            yield Reason("manifest-repetition", message, f"{name} $.{section}", "Keep one of them.")
