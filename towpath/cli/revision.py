"""What a release is made from: git's commit and its time, when the source is in git and nothing else was said."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from towpath.release.manifest import Source

_GIT_SECONDS: Final = 10


def made_from(source: Path, revision: str | None) -> Source:
    """The given revision, or git's; a tree with changes that are not committed is marked as modified."""
    if revision is not None:
        return Source(revision)
    folder = source if source.is_dir() else source.absolute().parent
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return Source()
    changed = "-modified" if _git(folder, "status", "--porcelain", "--", ".") else ""
    return Source(commit + changed, _git(folder, "show", "--no-patch", "--format=%cI", "HEAD"))


def _git(folder: Path, *command: str) -> str:
    """What git says, or nothing when there is no git or the folder is not in a repository."""
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        said = subprocess.run(  # noqa: S603  the command is git's own path and words of ours
            [git, "-C", str(folder), *command], capture_output=True, text=True, timeout=_GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""
