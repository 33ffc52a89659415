"""Packs a source: reads it, takes its files in, puts functions under rollout, and says what the release will hold."""

from collections.abc import Mapping
from pathlib import Path

from towpath.release.pack.capabilities import capabilities_of
from towpath.release.pack.findings import Findings
from towpath.release.pack.local_files import LocalFiles
from towpath.release.pack.packed import Packed
from towpath.release.pack.rewritten import Rewritten
from towpath.release.pack.rollout.rolling import Rolling
from towpath.release.pack.rollout.sam import expand_for_rollout, is_shifted_by_itself, without_alias
from towpath.release.pack.rollout.wish import RolloutWish
from towpath.release.pack.shelf import Shelf
from towpath.release.pack.template_text import template_text
from towpath.template.error import TemplateError
from towpath.template.loading import Template, load_template
from towpath.template.sam import is_sam
from towpath.verdict import Verdict

Parameters = Mapping[str, Mapping[str, str]]


def pack_template(
    path: Path,
    workspace: Path,
    *,
    rollout: tuple[RolloutWish, ...] = (),
    parameters: Parameters | None = None,
    exclude: tuple[str, ...] = (),
    output: Path | None = None,
) -> Packed | Verdict:
    """Packs a CloudFormation or SAM template.

    `workspace` is a folder for large bundles that must outlive the result; `parameters` are the release's values by
    environment; `exclude` are patterns that no bundle takes in; `output` is never taken in either.
    """
    findings = Findings()
    try:
        template = load_template(path.read_bytes(), name=path.name)
    except TemplateError as error:
        return Verdict.refused(error.reason)
    shelf = Shelf(workspace, findings, exclude=exclude, output=output)
    rewritten = LocalFiles(shelf, findings, path.parent).rewrite(template, path.parent)
    return finish(rewritten, shelf, findings, rollout, parameters or {})


def finish(
    rewritten: Rewritten, shelf: Shelf, findings: Findings, rollout: tuple[RolloutWish, ...], parameters: Parameters
) -> Packed | Verdict:
    """What packing gives once the files are on the shelf: rollout, text, and all findings together."""
    source = rewritten.template
    if findings.refusals:
        return Verdict.refused(*findings.refusals)
    rolling = _rolling(source, findings, rollout, parameters)
    if rolling is None:
        return Verdict.refused(*findings.refusals)
    rolling.put(rollout)
    template = rolling.template if rollout else source
    packed = Packed(
        document=template,
        template=template_text(template, findings),
        assets=shelf.assets,
        capabilities=tuple(sorted(rewritten.nested_capabilities | capabilities_of(template))),
        rollout=rolling.entries,
        moved=tuple(rolling.moved),
        notices=tuple(findings.notices),
    )
    return Verdict.refused(*findings.refusals) if findings.refusals else packed


def _rolling(
    source: Template, findings: Findings, rollout: tuple[RolloutWish, ...], parameters: Parameters
) -> Rolling | None:
    """The rollout of a template, expanded if it is a SAM template with an alias in it; None when that is refused."""
    if not is_sam(source) or not (rollout or is_shifted_by_itself(source)):
        return Rolling(source, parameters, findings)
    expanded = expand_for_rollout(source, rollout, parameters)
    if isinstance(expanded, Template):
        return Rolling(expanded, parameters, findings, newly_published=without_alias(source, rollout))
    if rollout:
        findings.refusals.append(expanded)
        return None
    said = "CloudFormation shifts traffic of this template by itself, and it cannot be told from here on which alias."
    findings.notice("rollout-not-watched", f"{said} {expanded.message}", expanded.where)
    return Rolling(source, parameters, findings)
