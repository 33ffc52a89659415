"""Gathers the assets of a release and names each by its content: the same bytes are one asset, whoever needs them.

Folders become zips whose bytes depend on names, content and executable bits only; an existing zip is taken byte for
byte; any other single file is taken as it is, or put alone into a zip where only a zip will do.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from towpath.release.archive import CHUNK, Member, archive_bytes
from towpath.release.folder import bundle_folder
from towpath.release.pack.findings import Findings
from towpath.release.pack.packed import Asset
from towpath.verdict import Verdict

NEVER_CODE = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".aws-sam", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".DS_Store"}
)
"""Names that tools leave behind. Compiled Python carries dates, so the same source would give another digest."""
_SHOWN = 5


class Shelf:
    """The assets of one release. `workspace` is a folder for bundles that do not fit into memory."""

    def __init__(
        self, workspace: Path, findings: Findings, *, exclude: tuple[str, ...] = (), output: Path | None = None
    ):
        self._workspace = workspace
        self._findings = findings
        self._exclude = exclude
        self._output = output.resolve() if output else None
        self._assets: dict[str, Asset] = {}
        self._folders: dict[tuple[Path, bool], str] = {}

    @property
    def assets(self) -> tuple[Asset, ...]:
        """All assets so far, ordered by name."""
        return tuple(self._assets[digest] for digest in sorted(self._assets))

    def add_bytes(self, content: bytes, source: str) -> str:
        """The digest under which these bytes now stand."""
        return self._add(Asset(hashlib.sha256(content).hexdigest(), len(content), content, source))

    def add_file(self, path: Path, source: str) -> str:
        """The digest of a file's bytes as they are."""
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return self._add(Asset(digest.hexdigest(), path.stat().st_size, path, source))

    def add_zip(self, path: Path, source: str, where: str, *, everything: bool = False) -> str | None:
        """The digest of a zip made of a folder or of one file, or of the file if it is a zip; None when refused.

        With `everything` nothing is left out of a folder: a tool has already decided what belongs into it.
        """
        if path.is_file():
            if zipfile.is_zipfile(path):
                return self.add_file(path, source)
            executable = bool(path.stat().st_mode & 0o100)
            return self.add_bytes(archive_bytes([Member(path.name, path, executable)]), source)
        known = (path.resolve(), everything)
        if known not in self._folders:
            digest = self._bundle(path, source, where, everything=everything)
            if digest is None:
                return None
            self._folders[known] = digest
        return self._folders[known]

    def _bundle(self, folder: Path, source: str, where: str, *, everything: bool) -> str | None:
        descriptor, name = tempfile.mkstemp(dir=self._workspace)
        with os.fdopen(descriptor, "w+b") as file:
            bundle = bundle_folder(folder, file, self._output_kept_out(folder) if everything else self._kept(folder))
        if isinstance(bundle, Verdict):
            self._findings.refusals.extend(bundle.reasons)
            return None
        if not bundle.members:
            self._findings.refuse(
                "asset-empty", f"The folder {source} is empty.", where, "Build it, or name another one."
            )
            return None
        if bundle.left_out:
            shown = ", ".join(bundle.left_out[:_SHOWN]) + (", ..." if len(bundle.left_out) > _SHOWN else "")
            self._findings.notice("left-out", f"Left out of {source}: {shown}", where)
        if bundle.outside:
            self._findings.notice(
                "link-outside", f"{source} takes in files from outside: {', '.join(bundle.outside)}", where
            )
        return self._add(Asset(bundle.digest, bundle.size, Path(name), source))

    def _output_kept_out(self, folder: Path) -> Callable[[str], bool]:
        root = folder.resolve()
        return lambda relative: root / relative != self._output

    def _kept(self, folder: Path) -> Callable[[str], bool]:
        not_output = self._output_kept_out(folder)

        def keep(relative: str) -> bool:
            plain = relative.rstrip("/")
            wanted = not any(fnmatchcase(plain, pattern.rstrip("/")) for pattern in self._exclude)
            return wanted and plain.rpartition("/")[2] not in NEVER_CODE and not_output(plain)

        return keep

    def _add(self, asset: Asset) -> str:
        return self._assets.setdefault(asset.sha256, asset).sha256
