"""`towpath local up | down | status | logs | env`: the embedded AWS on this machine, and Towpath in it.

Decides how it is run from a terminal: by default in `.towpath/local` on port 4566. Several run side by side when each
has a folder and a port of its own. `env` prints shell code and nothing else, for `eval "$(towpath local env)"`.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
from pathlib import Path
from typing import Final

from local_cloud.assembly import DeploymentError
from local_cloud.cloud import LocalCloud, LocalCloudError, NotItsFolderError, NotRunningError, Options, remove, status
from towpath.cli.local.people import PEOPLE, REVIEWER, variables, write_profiles
from towpath.cli.local.platform import DEFAULT_SETTINGS, deploy
from towpath.cli.local.synthesis import SynthesisError

DEFAULT_FOLDER = Path(".towpath/local")
DEFAULT_PORT = 4566
# They would go before the profile.
_IN_THE_WAY: Final = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage] -- argparse gives the type no public name
    parser = subparsers.add_parser("local", help="the embedded AWS on this machine")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _add_up(_verb(verbs, "up", "start it, deploy Towpath into it and say how to go on"))
    down = _verb(verbs, "down", "stop it; its state stays in the folder")
    down.add_argument("--purge", action="store_true", help="remove the folder too")
    down.set_defaults(run=down_)
    _verb(verbs, "status", "whether it runs, and where").set_defaults(run=status_)
    logs = _verb(verbs, "logs", "its log")
    logs.add_argument("--follow", "-f", action="store_true", help="go on until it stops")
    logs.set_defaults(run=logs_)
    env = _verb(verbs, "env", 'variables for AWS clients: eval "$(towpath local env)"')
    env.add_argument("--as", choices=PEOPLE, default="", dest="person", help="who to be (default: uploader)")
    env.set_defaults(run=env_)


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage] -- as above
    name: str,
    what: str,
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=what, description=what)
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help=f"default: {DEFAULT_FOLDER}")
    return parser


def _add_up(parser: argparse.ArgumentParser) -> None:
    default = Options()
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: 4566; 0 takes any free one")
    parser.add_argument("--bare", action="store_true", help="only the embedded AWS, without Towpath")
    parser.add_argument(
        "--settings",
        type=Path,
        default=DEFAULT_SETTINGS,
        help="Towpath's settings (default: examples/local/towpath.toml)",
    )
    parser.add_argument("--region", default=default.region)
    parser.add_argument("--account", default=default.account, help="twelve digits")
    parser.add_argument("--no-iam", action="store_true", help="do not enforce IAM (AWS always does)")
    parser.add_argument(
        "--minute-seconds",
        type=float,
        default=default.minute_seconds,
        help="how many seconds a minute of CodeDeploy and of an alarm's period takes (default: 60)",
    )
    parser.add_argument(
        "--wait-scale",
        type=float,
        default=default.wait_scale,
        help="how many seconds a state machine really waits for each second that it asks for (default: 1)",
    )
    parser.add_argument(
        "--nearest-python",
        action="store_true",
        help="run Python functions on this interpreter when the declared one is not on this machine",
    )
    parser.set_defaults(run=up)


def up(args: argparse.Namespace) -> int:
    options = Options(
        region=args.region,
        account=args.account,
        enforce_iam=not args.no_iam,
        minute_seconds=args.minute_seconds,
        wait_scale=args.wait_scale,
        nearest_python=args.nearest_python,
    )
    try:
        if args.bare or not status(args.folder).running:
            cloud = LocalCloud.start(args.folder, port=args.port, options=options)
            print(f"The embedded AWS is up at {cloud.endpoint}, its state is in {args.folder}.")
        else:
            cloud = LocalCloud.attach(args.folder)
            print(f"The embedded AWS was up already at {cloud.endpoint}, with the options it was started with.")
        write_profiles(cloud)
        if not args.bare:
            _deploy(cloud, args.settings)
    except (LocalCloudError, DeploymentError, SynthesisError) as error:
        return _refuse(error)
    print(f'\n  eval "$({_command("env", args.folder)})"' + ("" if args.bare else _NEXT))
    return 0


_NEXT: Final = f"""

then publish a release (docs/quickstart.md). When a plan waits for an approval, decide as the other person:

  AWS_PROFILE={REVIEWER} towpath approve PLAN"""


def _deploy(cloud: LocalCloud, settings: Path) -> None:
    deployed = deploy(cloud, settings, lambda text: print(text, flush=True))
    print(f"Towpath promotes releases through {' → '.join(deployed.paths['default'])}. To use it in this shell:")


def down_(args: argparse.Namespace) -> int:
    try:
        cloud = LocalCloud.attach(args.folder)
    except NotRunningError as error:
        if not args.purge:
            return _refuse(error)
        return _remove(args.folder)
    if args.purge:
        cloud.purge()
        _remove_parent(args.folder)
        print(f"The embedded AWS is down and {args.folder} is removed.")
    else:
        cloud.stop()
        print(f"The embedded AWS is down; its state stays in {args.folder}.")
    return 0


def status_(args: argparse.Namespace) -> int:
    """0 when it answers, 1 otherwise, for scripts."""
    found = status(args.folder)
    if not found.running:
        print(f"Not running (folder {args.folder}).")
        return 1
    answers = "answers" if found.healthy else "does not answer"
    print(f"Running as process {found.pid}, {answers} at {found.endpoint} (folder {args.folder}).")
    return 0 if found.healthy else 1


def logs_(args: argparse.Namespace) -> int:
    try:
        cloud = LocalCloud.attach(args.folder)
    except NotRunningError as error:
        return _refuse(error)
    try:
        for line in cloud.logs(follow=args.follow):
            print(line, end="", flush=args.follow)
    except KeyboardInterrupt:
        return 130
    return 0


def env_(args: argparse.Namespace) -> int:
    try:
        cloud = LocalCloud.attach(args.folder)
    except NotRunningError as error:
        return _refuse(error)
    try:
        found = variables(cloud, args.person)
    except KeyError:
        print(f"There is no {args.person} here: Towpath is not deployed. Run: towpath local up", file=sys.stderr)
        return 1
    print(_IN_THE_WAY)
    for name, value in found.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _remove(folder: Path) -> int:
    """Remove what an embedded AWS that is down has left."""
    if not folder.exists():
        print(f"It was not running, and there is no folder {folder}.")
        return 0
    try:
        remove(folder)
    except NotItsFolderError as error:
        return _refuse(error)
    _remove_parent(folder)
    print(f"It was not running; {folder} is removed.")
    return 0


def _remove_parent(folder: Path) -> None:
    """The default's own folder, unless something else is in it."""
    if folder == DEFAULT_FOLDER:
        with contextlib.suppress(OSError):
            folder.parent.rmdir()


def _command(verb: str, folder: Path) -> str:
    given = "" if folder == DEFAULT_FOLDER else f" --folder {shlex.quote(str(folder))}"
    return f"towpath local {verb}{given}"


def _refuse(error: Exception) -> int:
    print(error, file=sys.stderr)
    return 1
