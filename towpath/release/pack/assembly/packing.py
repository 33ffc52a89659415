"""Packs the stacks of a CDK cloud assembly, nested stacks with them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from towpath.release.manifest import ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER
from towpath.release.pack.assembly.pointing import Places, point_at_release, without_bootstrap
from towpath.release.pack.assembly.reading import AssemblyStack, FileAsset, read_assembly
from towpath.release.pack.findings import Findings
from towpath.release.pack.packed import Packed
from towpath.release.pack.packing import Parameters, finish
from towpath.release.pack.rewritten import Rewritten, declare_asset_parameters, pass_asset_parameters
from towpath.release.pack.rollout.expression import refers_to
from towpath.release.pack.rollout.wish import RolloutWish
from towpath.release.pack.shape import misshapen
from towpath.release.pack.shelf import Shelf
from towpath.release.pack.template_text import template_text
from towpath.template.dumping import dump_json
from towpath.template.error import TemplateError
from towpath.template.loading import Template, load_template
from towpath.template.traversal import mapping
from towpath.verdict import Reason, Verdict


def choose_stacks(folder: Path, name: str, *, every: bool) -> list[AssemblyStack] | Verdict:
    """The stacks to pack: the one of that name, the only one, or all; else a refusal that lists them."""
    findings = Findings()
    stacks = read_assembly(folder, findings)
    if findings.refusals:
        return Verdict.refused(*findings.refusals)
    chosen = [stack for stack in stacks if stack.answers_to(name)] if name else stacks
    if chosen and (every or len(chosen) == 1):
        return chosen
    names = ", ".join(stack.display_name for stack in stacks) or "none"
    said = f"The assembly has no stack {name}." if name and not chosen else "The assembly has several stacks."
    remedy = f"Choose one with --stack, or all with --all. Its stacks: {names}."
    return Verdict.refused(Reason("assembly-stack", said, str(folder), remedy))


def pack_stack(
    stack: AssemblyStack,
    workspace: Path,
    *,
    rollout: tuple[RolloutWish, ...] = (),
    parameters: Parameters | None = None,
    output: Path | None = None,
) -> Packed | Verdict:
    """Packs one stack; the arguments are those of `pack_template`."""
    findings = Findings()
    shelf = Shelf(workspace, findings, output=output)
    try:
        rewritten = _StackFiles(stack, shelf, findings).rewrite()
    except TemplateError as error:
        return Verdict.refused(*findings.refusals, error.reason)
    packed = finish(rewritten, shelf, findings, rollout, parameters or {})
    return packed if isinstance(packed, Verdict) else replace(packed, tags=dict(stack.tags))


class _StackFiles:
    """The templates and assets of one stack."""

    def __init__(self, stack: AssemblyStack, shelf: Shelf, findings: Findings) -> None:
        self._stack = stack
        self._shelf = shelf
        self._findings = findings
        self._root = stack.template.parent
        self._by_key = {key: asset for asset in stack.assets for key in asset.keys}
        self._open: list[str] = []
        self._done: dict[str, tuple[str, Rewritten]] = {}

    def rewrite(self) -> Rewritten:
        """The stack's template, pointed at the release. Raises TemplateError when a template is none."""
        return self._template(self._stack.template)

    def _template(self, path: Path) -> Rewritten:
        try:
            template = load_template(path.read_bytes(), name=path.name)
        except OSError as error:
            raise TemplateError(
                Reason(
                    "assembly-unreadable", f"{path.name} cannot be read: {error.strerror}.", str(path), "Run cdk synth."
                )
            ) from None
        wrong = misshapen(template)
        if wrong:
            self._findings.refusals.extend(wrong)
            return Rewritten(template)
        return self._pointed(template.with_document(without_bootstrap(template.document)))

    def _pointed(self, template: Template) -> Rewritten:
        text = dump_json(template.document, indent=None)
        places = Places(buckets={bucket for asset in self._stack.assets for bucket in asset.buckets})
        capabilities: set[str] = set()
        nested: dict[str, Rewritten] = {}
        for key, asset in self._by_key.items():
            if key not in text:
                continue
            if asset.path.name.endswith(".template.json"):
                places.digests[key], nested[key] = self._nested(key, asset)
                capabilities |= nested[key].capabilities
            else:
                places.digests[key] = self._digest(asset)
        for asset in self._stack.assets:
            if asset.parameters is not None:
                self._by_parameters(asset, places)
        document = point_at_release(template.document, places)
        self._hand_down(document, {places.digests[key]: entry for key, entry in nested.items()})
        uses = any(refers_to(document, name) for name in (ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER))
        if uses:
            declare_asset_parameters(document)
        return Rewritten(template.with_document(document), uses, capabilities)

    def _by_parameters(self, asset: FileAsset, places: Places) -> None:
        """Old assemblies: the key parameter holds `prefix||name`, which the template takes apart."""
        assert asset.parameters is not None
        bucket, key, content_hash = asset.parameters
        digest = self._digest(asset)
        places.parameters |= {
            bucket: {"Ref": ASSET_BUCKET_PARAMETER},
            key: {"Fn::Sub": f"${{{ASSET_PREFIX_PARAMETER}}}||{digest}"},
            content_hash: digest,
        }

    def _digest(self, asset: FileAsset) -> str:
        source = self._shown(asset.path)
        if not asset.path.exists():
            said = f"The asset {source} is not in the cloud assembly."
            self._findings.refuse(
                "asset-missing", said, str(asset.path), "Run cdk synth again, and pack what it writes."
            )
            return ""
        if asset.is_zipped:
            return self._shelf.add_zip(asset.path, source, str(asset.path), everything=True) or ""
        return self._shelf.add_file(asset.path, source)

    def _nested(self, key: str, asset: FileAsset) -> tuple[str, Rewritten]:
        if key in self._open:
            where = str(asset.path)
            raise TemplateError(Reason("nested-circle", f"{asset.path.name} nests itself.", where, "Cut the circle."))
        if key not in self._done:
            self._open.append(key)
            rewritten = self._template(asset.path)
            self._open.pop()
            content = template_text(rewritten.template, self._findings)
            self._done[key] = (self._shelf.add_bytes(content, self._shown(asset.path)), rewritten)
        return self._done[key]

    def _hand_down(self, document: dict[str, Any], nested: dict[str, Rewritten]) -> None:
        """Nested stacks that use assets get the two parameters from their parent."""
        for resource in mapping(document.get("Resources")).values():
            properties = mapping(mapping(resource).get("Properties"))
            address = dump_json({"at": properties.get("TemplateURL")}, indent=None)
            if any(digest in address and entry.uses_assets for digest, entry in nested.items()):
                pass_asset_parameters(properties)

    def _shown(self, path: Path) -> str:
        try:
            return path.relative_to(self._root).as_posix()
        except ValueError:
            return path.name
