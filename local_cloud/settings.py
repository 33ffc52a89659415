"""What the server was started with, for the additions to read.

Decides the names of the settings and their defaults, nothing else. The server puts its options into its own environment
before anything of ministack is imported (ministack reads its environment at import), and the additions read them here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MINUTE_SECONDS = "LOCAL_CLOUD_MINUTE_SECONDS"
NEAREST_PYTHON = "LOCAL_CLOUD_NEAREST_PYTHON"
FOLDER = "LOCAL_CLOUD_FOLDER"
ADMINISTRATOR = "LOCAL_CLOUD_ADMINISTRATOR"
PORT = "GATEWAY_PORT"


@dataclass(frozen=True, slots=True)
class Settings:
    """`minute_seconds` is how many real seconds one minute of CodeDeploy or of an alarm period takes."""

    minute_seconds: float
    nearest_python: bool
    folder: Path
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def real_seconds(self, aws_seconds: float) -> float:
        """How long something that takes `aws_seconds` on AWS takes here, when it is on the scaled clock."""
        return aws_seconds * self.minute_seconds / 60.0


def settings() -> Settings:
    """Read anew on each call: cheap, and a test may change one."""
    return Settings(
        minute_seconds=float(os.environ.get(MINUTE_SECONDS, "60")),
        nearest_python=os.environ.get(NEAREST_PYTHON) == "1",
        folder=Path(os.environ.get(FOLDER, ".towpath/local")),
        port=int(os.environ.get(PORT, "4566")),
    )
