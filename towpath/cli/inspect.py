"""`towpath inspect`: what is in an artifact, for people or as JSON. Values of NoEcho parameters are never shown."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from towpath.cli.command import OK, REFUSED, Subparsers, plain, print_json, print_refusal
from towpath.release.manifest import EVERY_ENVIRONMENT, Manifest, PackedFile, Probe, Rollout
from towpath.release.verification import Verification, verify_artifact
from towpath.template.loading import Template
from towpath.template.parameters import declared_parameters

_HIDDEN: Final = "(hidden)"
_WIDTH: Final = 14


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    description = "Verify an artifact and show what is in it: files, parameters, rollout, probes."
    parser = subparsers.add_parser("inspect", help="show what is in an artifact", description=description)
    parser.add_argument("file", type=Path, metavar="FILE", help="the artifact")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Verify and show."""
    with arguments.file.open("rb") as stream:
        found = verify_artifact(stream)
    if found.manifest is None or found.template is None:
        if arguments.json:
            print_json(found.verdict.to_json())
        print_refusal(str(arguments.file), found.verdict)
        return REFUSED
    parameters = _shown_parameters(found.manifest, found.template)
    if arguments.json:
        manifest = {**found.manifest.document, "parameters": parameters}
        print_json({"digest": found.digest, "size": found.size, "manifest": manifest})
    else:
        print("\n".join(_lines(found, found.manifest, found.template, parameters)))
    return OK


def _shown_parameters(manifest: Manifest, template: Template) -> dict[str, dict[str, str]]:
    secret = {name for name, parameter in declared_parameters(template).items() if parameter.no_echo}
    return {
        environment: {name: _HIDDEN if name in secret else value for name, value in values.items()}
        for environment, values in manifest.parameters.items()
    }


def _lines(
    found: Verification, manifest: Manifest, template: Template, parameters: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    source = ", ".join(part for part in (manifest.source.revision, manifest.source.time) if part)
    yield f"{manifest.service} {manifest.version}"
    yield _line("digest", found.digest)
    yield _line("size", f"{found.size:,} bytes")
    yield _line("source", source or "not said")
    yield _line("stack", manifest.stack)
    yield _line("template", f"{manifest.template.path}, {manifest.template.size:,} bytes")
    yield _line("resources", _resources(template))
    yield _line("capabilities", ", ".join(manifest.capabilities) or "none")
    for environment, values in parameters.items():
        for name, value in values.items():
            yield _line("parameter", f"{name} = {value}  ({_environment(environment)})")
    yield from (_line("tag", f"{name} = {value}") for name, value in manifest.tags.items())
    yield from (_line("asset", _asset(asset)) for asset in manifest.assets)
    yield from (_line("rollout", _rollout(rollout)) for rollout in manifest.rollout)
    yield from (_line("probe", _probe(probe)) for probe in manifest.probes)
    yield from (_line("contract", f"{entry.file.path} ({entry.kind})") for entry in manifest.contracts)


def _line(label: str, text: str) -> str:
    return f"{label:<{_WIDTH}}{plain(text)}"


def _environment(name: str) -> str:
    return "every environment" if name == EVERY_ENVIRONMENT else name


def _resources(template: Template) -> str:
    kinds: Counter[str] = Counter(_kind(resource) for resource in template.section("Resources").values())
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _kind(resource: Mapping[str, Any] | list[Any]) -> str:
    return str(resource["Type"]) if isinstance(resource, Mapping) else "Fn::ForEach"


def _asset(asset: PackedFile) -> str:
    return f"{asset.sha256[:12]}  {asset.size:>13,} bytes  {asset.source}".rstrip()


def _rollout(rollout: Rollout) -> str:
    alarms = f", alarms {', '.join(rollout.alarms)}" if rollout.alarms else ""
    by = "watched" if rollout.watched else rollout.strategy
    return f"{rollout.function} behind {rollout.alias_name}: {by}{alarms}"


def _probe(probe: Probe) -> str:
    places = ", ".join(probe.environments) or "every environment"
    return f"{probe.name}: {probe.kind}, {' and '.join(probe.phases)} the shift, in {places}"
