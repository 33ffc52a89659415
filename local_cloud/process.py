"""The server as a process: started, awaited, ended, and nothing left of it.

Decides when it counts as up (it holds its folder's lock and answers its health check), what of the caller's environment
it gets, and what is said when it does not come up. A process that this one started is reaped here, whoever stops it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from local_cloud import server

START_SECONDS = 20.0
STOP_SECONDS = 15.0
LOG_FILE = "server.log"
# What a server that did not come up may have left in its folder.
OWN_NAMES = frozenset({LOG_FILE, server.STATE_FILE, server.LOCK_FILE, "state", "s3", "lambda"})
# ministack takes AWS_ACCESS_KEY_ID as its root key: nothing of the caller's AWS configuration may leak in.
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
_children: dict[int, subprocess.Popen[bytes]] = {}


class LocalCloudError(RuntimeError):
    """The embedded AWS cannot do what was asked; the message says why and what to do."""


class PortTakenError(LocalCloudError):
    pass


class AlreadyRunningError(LocalCloudError):
    pass


class NotRunningError(LocalCloudError):
    pass


def start(folder: Path, port: int, arguments: Sequence[str], told: Mapping[str, str], *, detached: bool) -> int:
    """The process id of a server that answers; `told` is put into its environment.

    Not detached, it reads from a pipe that closes with this process, however that ends.
    """
    if is_locked(folder):
        raise AlreadyRunningError(_already_running(folder))
    (folder / server.STATE_FILE).unlink(missing_ok=True)
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"PYTHONPATH": str(Path(__file__).parent.parent), **told}
    command = [sys.executable, "-m", "local_cloud.server", "--port", str(port), "--folder", str(folder), *arguments]
    with (folder / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 -- our own module under our own interpreter
            command,
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        _await_answer(folder, process, port)
    except BaseException:
        process.kill()
        process.wait()
        _close_pipe(process)
        raise
    _children[process.pid] = process
    return process.pid


def stop(folder: Path, pid: int) -> None:
    """Ask it to go down, kill it if it does not; harmless when it is gone."""
    process = _children.pop(pid, None)
    if process is not None or is_locked(folder):
        _signal(os.kill, pid, signal.SIGTERM)
        if not _await_gone(folder, process):
            _signal(os.kill, pid, signal.SIGKILL)
            _await_gone(folder, process)
        # What a function's code may have left: everything runs in the group that the server leads.
        _signal(os.killpg, pid, signal.SIGKILL)
    (folder / server.STATE_FILE).unlink(missing_ok=True)


def state(folder: Path) -> tuple[int, int] | None:
    """(process id, port) of the server that runs in `folder`."""
    found = read(folder / server.STATE_FILE)
    return (int(found["pid"]), int(found["port"])) if found and is_locked(folder) else None


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def is_locked(folder: Path) -> bool:
    """Whether a server holds the folder: the lock goes with its process, however that ends."""
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


def read(path: Path) -> Mapping[str, str | int] | None:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _await_answer(folder: Path, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _died(folder, process.returncode, port)
        found = state(folder)
        if found and found[0] == process.pid and answers(found[1]):
            return
        time.sleep(0.05)
    raise LocalCloudError(f"The embedded AWS did not answer within {START_SECONDS:.0f} s.\n{_tail(folder)}")


def _died(folder: Path, code: int, port: int) -> LocalCloudError:
    if code == server.EXIT_PORT_TAKEN:
        return PortTakenError(f"Port {port} on 127.0.0.1 is taken by another program. Choose another with --port.")
    if code == server.EXIT_FOLDER_IN_USE:
        return AlreadyRunningError(_already_running(folder))
    return LocalCloudError(f"The embedded AWS ended with code {code} while starting. Its last words:\n{_tail(folder)}")


def _already_running(folder: Path) -> str:
    found = state(folder)
    where = f" at http://127.0.0.1:{found[1]}" if found else ""
    return f"An embedded AWS is already running in {folder}{where}. Stop it with: towpath local down"


def _await_gone(folder: Path, process: subprocess.Popen[bytes] | None) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        ended = process is None or process.poll() is not None
        if ended and not is_locked(folder):
            _close_pipe(process)
            return True
        time.sleep(0.05)
    return False


def _signal(send: Callable[[int, int], None], receiver: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        send(receiver, number)


def _close_pipe(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.stdin is not None:
        process.stdin.close()


def _tail(folder: Path, lines: int = 25) -> str:
    text = (folder / LOG_FILE).read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])
