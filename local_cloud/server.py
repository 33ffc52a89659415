"""One embedded AWS as a process: `python -m local_cloud.server --port N --folder DIR`.

Decides how ministack is run: loopback only, IAM enforced unless told otherwise, state in the folder, every addition
installed before the first request. One server per folder (a lock says so) and it takes its port before ministack is
imported, because ministack writes the port into the addresses that it hands out. On SIGTERM, SIGINT, or when the
process that asked for `--exit-with-parent` is gone, it saves its state, closes the additions' children and is gone too.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import importlib
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from local_cloud import settings
from local_cloud.additions import close_all, install_all

EXIT_PORT_TAKEN = 3
EXIT_FOLDER_IN_USE = 4
STATE_FILE = "server.json"
LOCK_FILE = "server.lock"


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    if lock is None:
        print(f"An embedded AWS is already running in {folder}.", file=sys.stderr)
        return EXIT_FOLDER_IN_USE
    listener = _listen(options.port)
    if listener is None:
        print(f"Port {options.port} on 127.0.0.1 is taken.", file=sys.stderr)
        return EXIT_PORT_TAKEN
    port = int(listener.getsockname()[1])
    os.environ.update(_environment(options, folder, port))
    _serve(listener, folder, port, exit_with_parent=options.exit_with_parent)
    # ministack's worker threads may hang in a call for minutes; everything worth keeping is saved by now.
    logging.shutdown()
    os._exit(0)


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="local_cloud.server", description="The embedded AWS, on loopback only.")
    result.add_argument("--port", type=int, default=4566, help="0 takes any free port (default: 4566)")
    result.add_argument("--folder", type=Path, required=True, help="where the state lives")
    result.add_argument("--region", default="us-east-1")
    result.add_argument("--account", default="000000000000", help="the account of the administrator's credentials")
    result.add_argument("--no-iam", action="store_true", help="do not enforce IAM (on AWS it always is)")
    result.add_argument(
        "--minute-seconds", type=float, default=60.0, help="real seconds per CodeDeploy or alarm minute"
    )
    result.add_argument(
        "--wait-scale", type=float, default=1.0, help="real seconds per second that a state machine waits"
    )
    result.add_argument("--nearest-python", action="store_true", help="run every Python runtime on this interpreter")
    result.add_argument("--exit-with-parent", action="store_true", help="go down when standard input is closed")
    result.add_argument("--log-level", default="INFO")
    return result


def _lock(folder: Path) -> IO[str] | None:
    handle = (folder / LOCK_FILE).open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def _listen(port: int) -> socket.socket | None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except OSError:
        listener.close()
        return None
    return listener


def _environment(options: argparse.Namespace, folder: Path, port: int) -> dict[str, str]:
    return {
        "AUTH": "false" if options.no_iam else "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": options.account,
        "MINISTACK_REGION": options.region,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "SFN_WAIT_SCALE": str(options.wait_scale),
        "S3_DATA_DIR": str(folder / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TZ": "UTC",
        "LOG_LEVEL": options.log_level,
        settings.FOLDER: str(folder),
        settings.MINUTE_SECONDS: str(options.minute_seconds),
        settings.NEAREST_PYTHON: "1" if options.nearest_python else "0",
    }


def _serve(listener: socket.socket, folder: Path, port: int, *, exit_with_parent: bool) -> None:
    app: Any = importlib.import_module("ministack.app")
    installed = install_all()
    state = folder / STATE_FILE
    _write(state, {"pid": os.getpid(), "port": port})
    try:
        asyncio.run(_run(app.app, listener, exit_with_parent=exit_with_parent))
    finally:
        close_all(installed)
        state.unlink(missing_ok=True)


async def _run(application: Any, listener: socket.socket, *, exit_with_parent: bool) -> None:
    config: Any = importlib.import_module("hypercorn.config").Config()
    serve: Any = importlib.import_module("hypercorn.asyncio").serve
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.accesslog = None
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    if exit_with_parent:
        threading.Thread(target=_await_parent, args=(loop, asked), daemon=True).start()
    await serve(application, config, shutdown_trigger=asked.wait)


def _await_parent(loop: asyncio.AbstractEventLoop, asked: asyncio.Event) -> None:
    while sys.stdin.buffer.read(1):
        pass
    loop.call_soon_threadsafe(asked.set)


def _write(path: Path, document: dict[str, int]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document))
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
