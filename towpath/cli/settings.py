"""`towpath settings check`: whether a `towpath.toml` can be used, every error by its key; and what it says in short."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from towpath.cli.command import OK, REFUSED, Subparsers, print_json, print_refusal
from towpath.promotion.settings import Environment, Settings, encode
from towpath.promotion.settings_file import SettingsError, parse_settings
from towpath.verdict import Verdict

_FILE: Final = Path("towpath.toml")


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command and its one verb."""
    summary = "check the pipeline's settings (towpath.toml)"
    parser = subparsers.add_parser("settings", help=summary, description=summary)
    check = parser.add_subparsers(metavar="VERB", required=True).add_parser(
        "check",
        help="check a settings file",
        description="Check that a settings file can be used. Nothing is sent anywhere.",
    )
    check.add_argument("file", type=Path, nargs="?", default=_FILE, metavar="FILE", help=f"default: {_FILE}")
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Check and report."""
    text = arguments.file.read_text("utf-8")
    try:
        settings = parse_settings(text)
    except SettingsError as error:
        return _refuse(str(arguments.file), Verdict.refused(*error.reasons), as_json=arguments.json)
    if arguments.json:
        print_json({**Verdict.passed().to_json(), "settings": settings.to_json()})
    else:
        print("\n".join(_summary(str(arguments.file), settings)))
    return OK


def _refuse(name: str, verdict: Verdict, *, as_json: bool) -> int:
    if as_json:
        print_json(verdict.to_json())
    else:
        print_refusal(name, verdict)
    return REFUSED


def _summary(name: str, settings: Settings) -> Iterator[str]:
    yield f"{name} can be used; functions carry it in {len(encode(settings))} bytes"
    for service, path in settings.paths.items():
        yield f"path {service}: {' → '.join(path)}"
    for environment in settings.environments.values():
        yield f"environment {environment.name}: {', '.join(_traits(environment))}"


def _traits(environment: Environment) -> Iterator[str]:
    place: list[Any] = [part for part in (environment.account, environment.region) if part]
    yield "/".join(place) or "beside the pipeline"
    yield f"at least {environment.minimum_rollout}"
    yield f"bakes {environment.bake_minutes:g} min"
    yield f"open {' and '.join(environment.windows)}" if environment.windows else "always open"
    yield f"{len(environment.approvers)} approvers"
