"""Which members a folder's bundle has: every file, every empty folder, links as what they lead to; nothing left out.

What a zip for Lambda cannot carry faithfully (devices, sockets, dangling or circling links, names that are not Unicode)
is refused with its path. Who wants files left out says so with `keep`, and sees their names in the result.
"""

import errno
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from towpath.release.archive import ArchiveTooLargeError, Member, write_archive
from towpath.verdict import Reason, Verdict

# Control characters, the backslash (a separator on Windows) and what Python makes of bytes that are not UTF-8.
_UNPORTABLE: Final = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder's zip: SHA-256 in hex, size in bytes, and what a person may want to know about its making.

    `left_out` are the paths that `keep` declined; `outside` the links, by path, that lead out of the folder.
    """

    digest: str
    size: int
    members: tuple[str, ...]
    left_out: tuple[str, ...]
    outside: tuple[str, ...]


@dataclass(slots=True)
class _Walk:
    root: Path
    keep: Callable[[str], bool]
    members: list[Member] = field(default_factory=list[Member])
    left_out: list[str] = field(default_factory=list[str])
    outside: list[str] = field(default_factory=list[str])
    refused: list[Reason] = field(default_factory=list[Reason])


def _everything(_path: str) -> bool:
    return True


def bundle_folder(folder: Path, destination: BinaryIO, keep: Callable[[str], bool] = _everything) -> Bundle | Verdict:
    """Write the folder's zip into an empty, seekable file opened `w+b`, or refuse, naming each path in the way.

    `keep` gets each path relative to the folder, with `/` between its parts and, for a folder, at its end. A file that
    changes while it is read gives the bytes that were read. Raises OSError when a file cannot be read.
    """
    walk = _Walk(Path(os.path.realpath(folder)), keep)
    _visit(walk, walk.root, "", ())
    if walk.refused:
        return Verdict.refused(*walk.refused)
    try:
        written = write_archive(walk.members, destination)
    except ArchiveTooLargeError as error:
        return Verdict.refused(Reason("bundle-too-large", str(error), str(folder), "Leave out what it does not need."))
    names = tuple(sorted(member.name for member in walk.members))
    return Bundle(written.digest, written.size, names, tuple(sorted(walk.left_out)), tuple(sorted(walk.outside)))


def _visit(walk: _Walk, folder: Path, prefix: str, ancestors: tuple[str, ...]) -> None:
    here = os.path.realpath(folder)
    if here in ancestors:
        problem = ("link-circle", "the link leads back to a folder that contains it", "Remove the link.")
        walk.refused.append(_reason(walk, prefix[:-1], *problem))
        return
    names = sorted(path.name for path in folder.iterdir())
    if prefix and not names:
        walk.members.append(Member(prefix))
    for name in names:
        _visit_entry(walk, folder / name, prefix + name, (*ancestors, here))


def _visit_entry(walk: _Walk, path: Path, relative: str, ancestors: tuple[str, ...]) -> None:
    mode = _mode(path)
    is_folder = stat.S_ISDIR(mode)
    shown = f"{relative}/" if is_folder else relative
    if not walk.keep(shown):
        walk.left_out.append(shown)
        return
    problem = _problem(relative, mode)
    if problem:
        walk.refused.append(_reason(walk, relative, *problem))
        return
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(walk.root):
        walk.outside.append(shown)
    if is_folder:
        _visit(walk, path, shown, ancestors)
    else:
        walk.members.append(Member(relative, path, bool(mode & stat.S_IXUSR)))


def _mode(path: Path) -> int:
    """The mode of what the path leads to; 0 for a link that leads nowhere."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0
    except OSError as error:
        if error.errno == errno.ELOOP:
            return 0
        raise


def _problem(relative: str, mode: int) -> tuple[str, str, str] | None:
    if _UNPORTABLE.search(relative):
        return "unportable-name", "its name has a backslash, a control character or is not UTF-8", "Rename it."
    if mode == 0:
        return "dangling-link", "the link leads nowhere", "Remove the link, or create what it leads to."
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        return "special-file", "it is a device, a pipe or a socket", "Leave it out of the folder."
    return None


def _reason(walk: _Walk, relative: str, code: str, problem: str, remedy: str) -> Reason:
    shown = relative.encode(errors="backslashreplace").decode()
    return Reason(code, f"{shown} cannot be packed: {problem}.", f"{walk.root}/{shown}", remedy)
