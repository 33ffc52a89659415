"""What is to be packed, from all that says so: `release.toml` beside the source, other files, the command's options."""

import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from towpath.cli.command import BadInput
from towpath.release.pack.assembly.reading import AssemblyStack
from towpath.release.pack.declaration import FILE_NAME, Declaration, read_declaration
from towpath.release.pack.rollout.wish import DEFAULT_STRATEGY, RolloutWish
from towpath.release.pack.source import AssemblySource, TemplateSource
from towpath.template.error import TemplateError
from towpath.template.loading import load_template
from towpath.template.traversal import mapping
from towpath.verdict import Verdict


def declared(arguments: Namespace, source: TemplateSource | AssemblySource) -> Declaration | Verdict:
    """All declarations over one another: release.toml, then files named on the command line, then its options."""
    folder = source.path.parent if isinstance(source, TemplateSource) else source.folder
    beside = arguments.declaration or _beside(folder)
    found = Declaration(folder=folder)
    files: list[tuple[Path | None, str | None]] = [(beside, None)]
    files += [(getattr(arguments, section), section) for section in ("parameters", "probes", "contracts")]
    for file, section in files:
        if file is None:
            continue
        read = read_declaration(file, section)
        if isinstance(read, Verdict):
            return read
        found = read.over(found)
    options = Declaration(service=arguments.service, version=arguments.version, rollout=_wishes(arguments, found))
    return options.over(found)


def _beside(folder: Path) -> Path | None:
    """The release.toml of the source: beside it, or in the project's folder when a tool has written the source."""
    folder = folder.absolute()
    project = folder.parents[1] if folder.parts[-2:] == (".aws-sam", "build") else folder
    places = (folder, project, folder.parent if folder.name == "cdk.out" else project)
    return next((place / FILE_NAME for place in places if (place / FILE_NAME).is_file()), None)


def _wishes(arguments: Namespace, declared: Declaration) -> tuple[RolloutWish, ...]:
    known = {wish.function: wish for wish in declared.rollout}
    for option in arguments.rollout:
        function, _, strategy = option.partition("=")
        wish = known.get(function, RolloutWish(function))
        known[function] = replace(wish, strategy=strategy or wish.strategy or DEFAULT_STRATEGY)
    return tuple(replace(wish, keep=(*wish.keep, *arguments.keep)) for wish in known.values())


def output_of(arguments: Namespace, declaration: Declaration) -> Path:
    """Where the artifact goes. Raises BadInput when the release has no service or no version."""
    usual = file_name(declaration)
    return arguments.output or Path(usual)


def file_name(declaration: Declaration) -> str:
    """What an artifact is usually called. Raises BadInput when the release has no service or no version."""
    if not declaration.service or not declaration.version:
        missing = "service" if not declaration.service else "version"
        raise BadInput(f"The release has no {missing}: give --{missing}, or write it into {FILE_NAME}.")
    return f"{declaration.service}-{declaration.version}.zip"


def service_name(stack: str) -> str:
    """`OrdersApiStack` is the service `orders-api-stack`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", stack).replace("_", "-").lower()


def share_of(declaration: Declaration, stack: AssemblyStack) -> Declaration:
    """What of a declaration for several stacks concerns this one: its functions and parameters, by the template."""
    try:
        document = load_template(stack.template.read_bytes()).document
    except TemplateError:  # packing refuses it, with its place
        return declaration
    functions, parameters = mapping(document.get("Resources")), mapping(document.get("Parameters"))
    values = {
        environment: {name: value for name, value in given.items() if name in parameters}
        for environment, given in declaration.parameters.items()
    }
    wishes = tuple(wish for wish in declaration.rollout if wish.function in functions)
    return replace(declaration, rollout=wishes, parameters=values)
