"""A process that has imported the AWS SDK already and forks sandboxes, so that their cold starts need not import it.

It decides nothing: each message on its standard input (a Unix socket) asks for one sandbox and carries the ends of two
pipes, one for what the sandbox writes, one for its process id and, later, its exit status. The first message it sends
names the modules that its children find imported. When the socket closes, it kills its children and ends.

It runs on the sandbox's interpreter and imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

PRELOADED = ("boto3", "boto3.session", "botocore.client", "botocore.handlers", "botocore.signers", "s3transfer")
MESSAGE_BYTES = 1 << 20


def serve() -> list[str]:
    """Fork a child for each request. Returns in the children only: the arguments of `runtime_entry.py`."""
    with contextlib.suppress(ImportError):
        for name in PRELOADED:
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    asked = socket.socket(fileno=0)
    ended, end = os.pipe()
    os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, _note)
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(end, warn_on_full_buffer=False)
    asked.send(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})).encode())
    children: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([asked, ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            _bury(children)
        if asked not in ready:
            continue
        message, pipes, _, _ = socket.recv_fds(asked, MESSAGE_BYTES, 2)
        if not message:
            _end(children)
        output, told = pipes
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, interrupt)
            asked.detach()
            for descriptor in (ended, end, told, *children.values()):
                os.close(descriptor)
            return _become(json.loads(message), output)
        os.write(told, f"{child}\n".encode())
        os.close(output)
        children[child] = told


def _note(_number: int, _frame: object) -> None:
    """A handler, so that the signal is written to the wake-up pipe."""


def _bury(children: dict[int, int]) -> None:
    """Tell the exit status of each child that has ended, negative for a signal."""
    while children:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        told = children.pop(child)
        with contextlib.suppress(BrokenPipeError):
            os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os.close(told)


def _end(children: dict[int, int]) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)
    os._exit(0)


def _become(request: dict[str, Any], output: int) -> list[str]:
    """Turn this process into what a fresh one would be: its streams, folder, environment and clock."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    return request["arguments"]


if __name__ == "__main__":
    arguments = serve()
    sys.argv[1:] = arguments
    importlib.import_module("runtime_entry").main()
