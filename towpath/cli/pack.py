"""`towpath pack`: makes an artifact of a template, a SAM application or a CDK cloud assembly.

What the command line says goes over what `release.toml` beside the source declares. What was written is verified by the
pipeline's own rules before it is said to be packed.
"""

import shutil
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from towpath.cli.command import OK, REFUSED, BadInput, Subparsers, plain, print_json, print_refusal
from towpath.cli.declared import declared, file_name, output_of, service_name, share_of
from towpath.cli.layout import counted
from towpath.cli.revision import made_from
from towpath.release.pack.artifact import Release, make_release, write_release
from towpath.release.pack.assembly.packing import choose_stacks, pack_stack
from towpath.release.pack.assembly.reading import AssemblyStack
from towpath.release.pack.declaration import FILE_NAME, Declaration
from towpath.release.pack.packed import Packed
from towpath.release.pack.packing import pack_template
from towpath.release.pack.source import TemplateSource, find_source
from towpath.release.verification import Verification, verify_artifact
from towpath.verdict import Verdict


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "pack", help="make a release of a template, SAM application or CDK app", description=__doc__
    )
    add = parser.add_argument
    add("source", type=Path, metavar="SOURCE", help="template file, its folder, or a cloud assembly (cdk.out)")
    add(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the artifact (default: SERVICE-VERSION.zip); a folder with --all",
    )
    add("--service", default="", help="what is released")
    add("--version", default="", help="its version, after semver.org")
    add("--stack", default="", help="of a cloud assembly: the stack to pack; otherwise the stack's name")
    add(
        "--all", action="store_true", help="of a cloud assembly: an artifact for every stack, each a service of its own"
    )
    add(
        "--rollout",
        action="append",
        default=[],
        metavar="FUNCTION[=STRATEGY]",
        help="shift this function's traffic; repeatable",
    )
    add(
        "--keep",
        action="append",
        default=[],
        metavar="PATH",
        help="a reference that may stay on the function; repeatable",
    )
    add("--parameters", type=Path, metavar="FILE", help="TOML or JSON: environment (or *) to values")
    add("--probes", type=Path, metavar="FILE", help="TOML or JSON with `probes`")
    add("--contracts", type=Path, metavar="FILE", help="TOML or JSON with `contracts`")
    add("--declaration", type=Path, metavar="FILE", help=f"instead of {FILE_NAME} beside the source")
    add(
        "--source-revision",
        metavar="TEXT",
        help="what it is made from (default: git's commit, if the source is in git)",
    )
    add("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Pack, write, verify, report."""
    source = find_source(arguments.source)
    if isinstance(source, Verdict):
        return _refused(arguments.source, source)
    declaration = declared(arguments, source)
    if isinstance(declaration, Verdict):
        return _refused(arguments.source, declaration)
    with tempfile.TemporaryDirectory(prefix="towpath-pack-") as workspace:
        if isinstance(source, TemplateSource):
            declaration = replace(declaration, stack=arguments.stack or declaration.stack)
            return _pack_one(arguments, declaration, output_of(arguments, declaration), source, Path(workspace))
        stacks = choose_stacks(source.folder, arguments.stack, every=arguments.all)
        if isinstance(stacks, Verdict):
            return _refused(arguments.source, stacks)
        codes = [
            _pack_one(arguments, own, output, stack, Path(workspace))
            for stack, own, output in _targets(arguments, declaration, stacks)
        ]
        return max(codes)


def _targets(
    arguments: Namespace, declaration: Declaration, stacks: Sequence[AssemblyStack]
) -> Iterator[tuple[AssemblyStack, Declaration, Path]]:
    """Each stack with its declaration and output; with --all every stack is a service with the stack's name."""
    if not arguments.all:
        yield stacks[0], declaration, output_of(arguments, declaration)
        return
    if arguments.service:
        raise BadInput("--all makes one service per stack, named after it; leave --service out.")
    folder = arguments.output or Path()
    folder.mkdir(parents=True, exist_ok=True)
    shares = [share_of(declaration, stack) for stack in stacks]
    nowhere = {wish.function for wish in declaration.rollout} - {w.function for own in shares for w in own.rollout}
    if nowhere:
        raise BadInput(f"No stack has a resource {', '.join(sorted(nowhere))}, which is to be under rollout.")
    for stack, share in zip(stacks, shares, strict=True):
        own = replace(share, service=service_name(stack.name), stack="")
        yield stack, own, folder / file_name(own)


def _pack_one(
    arguments: Namespace,
    declaration: Declaration,
    output: Path,
    source: TemplateSource | AssemblyStack,
    workspace: Path,
) -> int:
    packed = _pack(declaration, output, source, workspace)
    if isinstance(packed, Verdict):
        return _refused(arguments.source, packed)
    release = make_release(packed, declaration, made_from(arguments.source, arguments.source_revision))
    if isinstance(release, Verdict):
        return _refused(arguments.source, release)
    found = _write(release, output)
    if isinstance(found, Verdict):
        return _refused(output, found)
    _report(arguments, output, release, found)
    return OK


def _pack(
    declaration: Declaration, output: Path, source: TemplateSource | AssemblyStack, workspace: Path
) -> Packed | Verdict:
    if isinstance(source, AssemblyStack):
        return pack_stack(
            source, workspace, rollout=declaration.rollout, parameters=declaration.parameters, output=output
        )
    return pack_template(
        source.path,
        workspace,
        rollout=declaration.rollout,
        parameters=declaration.parameters,
        exclude=declaration.exclude,
        output=output,
    )


def _write(release: Release, output: Path) -> Verification | Verdict:
    """Writes beside the output and moves there only what verification passes."""
    if not output.absolute().parent.is_dir():
        raise BadInput(f"There is no folder {output.parent} for the artifact: make it, or name another with -o.")
    with tempfile.TemporaryDirectory(dir=output.absolute().parent, prefix=".towpath-") as folder:
        draft = Path(folder) / "release.zip"
        with draft.open("w+b") as file:
            written = write_release(release, file)
            if isinstance(written, Verdict):
                return written
            found = verify_artifact(file)
        if not found.verdict.is_passed:
            return found.verdict
        shutil.move(draft, output)
    return found


def _refused(subject: Path, verdict: Verdict) -> int:
    print_refusal(str(subject), verdict)
    return REFUSED


def _report(arguments: Namespace, output: Path, release: Release, found: Verification) -> None:
    manifest, packed = release.manifest, release.packed
    if arguments.json:
        print_json(
            {
                "artifact": str(output),
                "service": manifest.service,
                "version": manifest.version,
                "digest": found.digest,
                "size": found.size,
                "assets": len(packed.assets),
                "capabilities": list(packed.capabilities),
                "rollout": [entry.function for entry in packed.rollout],
                "moved": [str(reference) for reference in packed.moved],
                "notices": [notice.to_json() for notice in packed.notices],
            }
        )
        return
    assets = counted(len(packed.assets), "asset")
    print(f"{output}: {manifest.service} {manifest.version}, {assets}, {found.size:,} bytes")
    print(f"sha256 {found.digest}")
    for entry in packed.rollout:
        how = "watched" if entry.watched else entry.strategy
        print(f"rollout of {entry.function} through its alias {entry.alias_name}: {how}")
    for reference in packed.moved:
        print(f"  moved {plain(str(reference))}")
    for notice in packed.notices:
        print(f"note: {plain(str(notice))}", file=sys.stderr)
