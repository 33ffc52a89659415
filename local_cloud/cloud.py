"""An embedded AWS from the outside: start one in a folder, find a running one, stop it, throw its state away.

Decides what a caller can choose about it and what a client needs to talk to it. It knows nothing of ministack: that is
the server's business.
"""

from __future__ import annotations

import json
import secrets
import shutil
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from local_cloud import process
from local_cloud.process import AlreadyRunningError, LocalCloudError, NotRunningError, PortTakenError
from local_cloud.settings import ADMINISTRATOR

__all__ = [
    "AlreadyRunningError",
    "Key",
    "LocalCloud",
    "LocalCloudError",
    "NotItsFolderError",
    "NotRunningError",
    "Options",
    "PortTakenError",
    "Status",
    "remove",
    "status",
]

OPTIONS_FILE = "options.json"


class NotItsFolderError(LocalCloudError):
    """A folder holds what no embedded AWS put there."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a server is run; the defaults are those of AWS (IAM enforced, a minute takes a minute)."""

    region: str = "us-east-1"
    account: str = "000000000000"
    enforce_iam: bool = True
    minute_seconds: float = 60.0
    wait_scale: float = 1.0
    """Real seconds for each second that a state machine waits, in Wait states and between retries."""
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
            *("--region", self.region, "--account", self.account),
            *("--minute-seconds", str(self.minute_seconds), "--wait-scale", str(self.wait_scale)),
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


@dataclass(frozen=True, slots=True)
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

        Raises `AlreadyRunningError`, `PortTakenError`, `NotItsFolderError`, or `LocalCloudError` with the end of its
        log.
        """
        options = options or Options()
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        others = _others(folder)
        if others:
            raise NotItsFolderError(
                f"{folder} holds {others}, and purging an embedded AWS removes its whole folder. "
                "Name a new or an empty one with --folder."
            )
        key = _kept_key(folder)
        told = {ADMINISTRATOR: f"{key.access}:{key.secret}"}
        process.start(folder, port, options.arguments(), told, detached=options.detached)
        _keep(folder, options, key)
        return cls.attach(folder)

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """The server that is running in `folder`; `NotRunningError` if there is none."""
        folder = folder.resolve()
        found, kept = process.state(folder), process.read(folder / OPTIONS_FILE)
        if found is None or kept is None:
            raise NotRunningError(f"No embedded AWS is running in {folder}. Start one with: towpath local up")
        pid, port = found
        key = Key(str(kept["access_key"]), str(kept["secret_key"]))
        return cls(folder, port, pid, key, str(kept["region"]), str(kept["account"]))

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
        with (self.folder / process.LOG_FILE).open(encoding="utf-8", errors="replace") as log:
            while True:
                running = process.is_locked(self.folder)
                yield from log
                if not (follow and running):
                    return
                time.sleep(0.2)

    def stop(self) -> None:
        """Save the state and go down; kill what does not go in time. Harmless when it is down already."""
        process.stop(self.folder, self.pid)

    def purge(self) -> None:
        """Stop, and remove the folder with everything in it."""
        self.stop()
        remove(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def status(folder: Path) -> Status:
    """Whether a server runs in `folder`, where, and whether it answers."""
    folder = folder.resolve()
    found = process.state(folder)
    if found is None:
        return Status(folder, running=False)
    pid, port = found
    return Status(folder, True, pid, f"http://127.0.0.1:{port}", process.answers(port))


def remove(folder: Path) -> None:
    """Remove the folder of an embedded AWS that is down, and no other folder. Raises NotItsFolderError."""
    others = _others(folder)
    if others:
        raise NotItsFolderError(f"{folder} is no folder of an embedded AWS, it holds {others}. Nothing is removed.")
    shutil.rmtree(folder)


def _others(folder: Path) -> str:
    """What is in a folder that no embedded AWS was started in before; the first names, or nothing."""
    if process.read(folder / OPTIONS_FILE) is not None:
        return ""
    names = sorted(path.name for path in folder.iterdir() if path.name not in process.OWN_NAMES)
    return ", ".join(names[:3])


def _kept_key(folder: Path) -> Key:
    """The administrator's key stays the same for the life of the folder."""
    kept = process.read(folder / OPTIONS_FILE) or {}
    access = "AKIA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))
    return Key(str(kept.get("access_key", access)), str(kept.get("secret_key", secrets.token_urlsafe(30))))


def _keep(folder: Path, options: Options, key: Key) -> None:
    """What `attach` will need."""
    path = folder / OPTIONS_FILE
    path.touch(mode=0o600)
    told = {"region": options.region, "account": options.account, "access_key": key.access, "secret_key": key.secret}
    path.write_text(json.dumps(told))
