"""Bundles and layers on disk: each content is unpacked once and shared by all sandboxes that run it.

Layers are merged in order into one folder, later ones over earlier ones, as AWS does under `/opt`
(https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html). Permissions inside the zip are kept.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path


class CodeStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self.clear()

    def bundle(self, digest: str, content: bytes) -> Path:
        """The folder of a bundle; `digest` names its content."""
        return self._unpacked("code", digest, lambda: [content])

    def layers(self, names: tuple[str, ...], contents: Callable[[], Iterable[bytes]]) -> Path:
        """The merged layers called `names`; their `contents` are fetched only when they are not there yet."""
        return self._unpacked("opt", "\n".join(names), contents)

    def clear(self) -> None:
        with self._lock:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)

    def _unpacked(self, kind: str, name: str, contents: Callable[[], Iterable[bytes]]) -> Path:
        target = self._folder / kind / hashlib.sha256(name.encode()).hexdigest()[:32]
        with self._lock:
            if not target.exists():
                draft = target.with_name(f"draft-{uuid.uuid4().hex}")
                draft.mkdir(parents=True)
                for content in contents():
                    _unpack(content, draft)
                draft.rename(target)
        return target


def _unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, folder))
            mode = (entry.external_attr >> 16) & 0o777
            if mode and not path.is_symlink():
                path.chmod(mode | (0o700 if entry.is_dir() else 0o400))
