"""An embedded AWS from the outside: start one in a folder, find a running one, stop it, throw its state away.

Decides when a server counts as running (it holds its folder's lock and answers its health check), what a client needs
to talk to it, and what is said when it does not come up. It knows nothing of ministack: that is the server's business.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import string
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from local_cloud import server
from local_cloud.settings import ADMINISTRATOR

START_SECONDS = 20.0
STOP_SECONDS = 15.0
LOG_FILE = "server.log"
OPTIONS_FILE = "options.json"
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "SSL_CERT_FILE",
    "DYLD_LIBRARY_PATH",
)


# Servers that this process started: it must reap them, whoever stops them.
_children: dict[int, subprocess.Popen[bytes]] = {}


class LocalCloudError(RuntimeError):
    """The embedded AWS cannot do what was asked; the message says why and what to do."""


class PortTakenError(LocalCloudError):
    pass


class AlreadyRunningError(LocalCloudError):
    pass


class NotRunningError(LocalCloudError):
    pass


@dataclass(frozen=True, slots=True)
class Options:
    """How a server is run; the defaults are those of AWS (IAM enforced, a minute takes a minute)."""

    region: str = "us-east-1"
    account: str = "000000000000"
    enforce_iam: bool = True
    minute_seconds: float = 60.0
    nearest_python: bool = False
    detached: bool = True
    """False: the server goes down with the process that started it, however that one ends."""

    def arguments(self) -> list[str]:
        flags = {
            "--no-iam": not self.enforce_iam,
            "--nearest-python": self.nearest_python,
            "--exit-with-parent": not self.detached,
        }
        return [
            *("--region", self.region, "--account", self.account, "--minute-seconds", str(self.minute_seconds)),
            *(flag for flag, wanted in flags.items() if wanted),
        ]


@dataclass(frozen=True, slots=True)
class Key:
    """An access key of the IAM user `administrator`."""

    access: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Status:
    folder: Path
    running: bool
    pid: int | None = None
    endpoint: str | None = None
    healthy: bool = False


@dataclass(slots=True)
class LocalCloud:
    """A running embedded AWS. Make one with `start`, find one with `attach`."""

    folder: Path
    port: int
    pid: int
    administrator: Key
    region: str
    account: str

    @classmethod
    def start(cls, folder: Path, *, port: int = 0, options: Options | None = None) -> Self:
        """Start a server on `folder` (port 0: any free one) and return when it answers.

        Raises `AlreadyRunningError`, `PortTakenError`, or `LocalCloudError` with the end of its log.
        """
        options = options or Options()
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if _is_locked(folder):
            raise AlreadyRunningError(_already_running(folder))
        (folder / server.STATE_FILE).unlink(missing_ok=True)
        key = _keep_options(folder, options)
        process = _spawn(folder, port, options, key)
        try:
            address = _await_answer(folder, process, port)
        except BaseException:
            _end(process)
            raise
        _children[process.pid] = process
        return cls(folder, address, process.pid, key, options.region, options.account)

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """The server that is running in `folder`; `NotRunningError` if there is none."""
        folder = folder.resolve()
        state = _read(folder / server.STATE_FILE)
        if not state or not _is_locked(folder):
            raise NotRunningError(f"No embedded AWS is running in {folder}. Start one with: towpath local up")
        kept = _read(folder / OPTIONS_FILE) or {}
        key = Key(str(kept["access_key"]), str(kept["secret_key"]))
        return cls(folder, int(state["port"]), int(state["pid"]), key, str(kept["region"]), str(kept["account"]))

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What an AWS client needs in its environment to reach this server as an administrator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.administrator.access,
            "AWS_SECRET_ACCESS_KEY": self.administrator.secret,
        }

    def status(self) -> Status:
        return status(self.folder)

    def logs(self, *, follow: bool = False) -> Iterator[str]:
        """The server's log, line by line; `follow` goes on until the server is gone."""
        with (self.folder / LOG_FILE).open(encoding="utf-8", errors="replace") as log:
            while True:
                running = _is_locked(self.folder)
                yield from log
                if not (follow and running):
                    return
                time.sleep(0.2)

    def stop(self) -> None:
        """Save the state and go down; kill what does not go in time. Harmless when it is down already."""
        process = _children.pop(self.pid, None)
        if process is not None or _is_locked(self.folder):
            _signal(os.kill, self.pid, signal.SIGTERM)
            if not _await_gone(self.folder, process):
                _signal(os.kill, self.pid, signal.SIGKILL)
                _await_gone(self.folder, process)
            # What a function's code may have left: everything runs in the group that the server leads.
            _signal(os.killpg, self.pid, signal.SIGKILL)
        (self.folder / server.STATE_FILE).unlink(missing_ok=True)

    def purge(self) -> None:
        """Stop, and remove the folder with everything in it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def status(folder: Path) -> Status:
    """Whether a server runs in `folder`, where, and whether it answers."""
    folder = folder.resolve()
    state = _read(folder / server.STATE_FILE)
    if not state or not _is_locked(folder):
        return Status(folder, running=False)
    port = int(state["port"])
    return Status(folder, True, int(state["pid"]), f"http://127.0.0.1:{port}", _answers(port))


def _keep_options(folder: Path, options: Options) -> Key:
    """What `attach` will need; the key stays the same for the life of the folder."""
    path = folder / OPTIONS_FILE
    kept = _read(path) or {}
    access = "AKIA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))
    key = Key(str(kept.get("access_key", access)), str(kept.get("secret_key", secrets.token_urlsafe(30))))
    path.touch(mode=0o600)
    told = {"region": options.region, "account": options.account, "access_key": key.access, "secret_key": key.secret}
    path.write_text(json.dumps(told))
    return key


def _spawn(folder: Path, port: int, options: Options, key: Key) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "local_cloud.server", "--port", str(port), "--folder", str(folder)]
    # Nothing of the caller's AWS configuration may leak in: ministack takes AWS_ACCESS_KEY_ID as its root key.
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment[ADMINISTRATOR] = f"{key.access}:{key.secret}"
    environment["PYTHONPATH"] = str(Path(__file__).parent.parent)
    with (folder / LOG_FILE).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 -- our own module under our own interpreter
            [*command, *options.arguments()],
            stdin=subprocess.DEVNULL if options.detached else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def _await_answer(folder: Path, process: subprocess.Popen[bytes], port: int) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _died(folder, process.returncode, port)
        state = _read(folder / server.STATE_FILE)
        if state and int(state["pid"]) == process.pid and _answers(int(state["port"])):
            return int(state["port"])
        time.sleep(0.05)
    raise LocalCloudError(f"The embedded AWS did not answer within {START_SECONDS:.0f} s.\n{_tail(folder)}")


def _died(folder: Path, code: int, port: int) -> LocalCloudError:
    if code == server.EXIT_PORT_TAKEN:
        return PortTakenError(f"Port {port} on 127.0.0.1 is taken by another program. Choose another with --port.")
    if code == server.EXIT_FOLDER_IN_USE:
        return AlreadyRunningError(_already_running(folder))
    return LocalCloudError(f"The embedded AWS ended with code {code} while starting. Its last words:\n{_tail(folder)}")


def _already_running(folder: Path) -> str:
    state = _read(folder / server.STATE_FILE) or {}
    where = f" at http://127.0.0.1:{state['port']}" if "port" in state else ""
    return f"An embedded AWS is already running in {folder}{where}. Stop it with: towpath local down"


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _is_locked(folder: Path) -> bool:
    try:
        handle: IO[str] = (folder / server.LOCK_FILE).open("r")
    except FileNotFoundError:
        return False
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _await_gone(folder: Path, process: subprocess.Popen[bytes] | None) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        ended = process is None or process.poll() is not None
        if ended and not _is_locked(folder):
            _close_pipe(process)
            return True
        time.sleep(0.05)
    return False


def _signal(send: Callable[[int, int], None], receiver: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        send(receiver, number)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    _close_pipe(process)


def _close_pipe(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.stdin is not None:
        process.stdin.close()


def _read(path: Path) -> Mapping[str, str | int] | None:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _tail(folder: Path, lines: int = 25) -> str:
    text = (folder / LOG_FILE).read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])
