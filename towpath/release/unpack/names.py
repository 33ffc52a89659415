"""Which names an entry may have: relative, plain, and different from all others on every file system.

Case and Unicode are compared by canonical caseless matching (The Unicode Standard, chapter 3, D145).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from towpath.release.schema_check import show
from towpath.release.unpack.refusal import refuse

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_RENAME: Final = "Rename one of them and pack again."


def decode_name(raw: bytes, *, is_utf8: bool) -> str:
    """The entry's name. Without the UTF-8 flag only ASCII means the same to every reader."""
    try:
        return raw.decode("utf-8" if is_utf8 else "ascii")
    except UnicodeDecodeError:
        where = show(raw.decode("latin-1"))
        refuse("name-encoding", "A name is not UTF-8, or is not ASCII although it does not claim to be UTF-8.", where)


def check_name(name: str, longest: int) -> None:
    """Refuses a name that leads out of the artifact or that readers understand differently."""
    where = show(name)
    if not name or len(name.encode()) > longest:
        refuse("name-length", f"A name is empty or longer than {longest} bytes.", where)
    if _CONTROL.search(name):
        refuse("name-control-character", "A name has a control character.", where)
    if "\\" in name:
        refuse("backslash", "A name has a backslash, which some readers take for a folder.", where)
    if name.startswith("/"):
        refuse("absolute-path", "A name is an absolute path.", where)
    if _DRIVE.match(name):
        refuse("drive-letter", "A name begins with a drive letter.", where)
    parts = name.removesuffix("/").split("/")
    if ".." in parts:
        refuse("path-traversal", "A name leads out of the artifact.", where)
    if "." in parts or "" in parts:
        refuse("name-parts", "A name has an empty part or a part that is a single dot.", where)


def check_collisions(names: Sequence[str]) -> None:
    """Refuses names that are the same, or become the same on a file system that folds case or normalises Unicode."""
    seen: dict[str, str] = {}
    for name in names:
        key = _caseless(name.removesuffix("/"))
        if key in seen:
            _refuse_pair(seen[key].removesuffix("/"), name.removesuffix("/"))
        seen[key] = name
    for key, name in seen.items():
        _check_parents(key, name, seen)


def _check_parents(key: str, name: str, seen: dict[str, str]) -> None:
    parent = key.rpartition("/")[0]
    while parent:
        if parent in seen and not seen[parent].endswith("/"):
            refuse("file-as-folder", f"{show(seen[parent])} is a file and a folder at once.", show(name), _RENAME)
        parent = parent.rpartition("/")[0]


def _refuse_pair(first: str, second: str) -> None:
    where = show(second)
    if first == second:
        refuse("duplicate-name", "Two entries have the same name.", where, _RENAME)
    if unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second):
        message = f"The name and {show(first)} are the same text in two Unicode forms."
        refuse("unicode-collision", message, where, _RENAME)
    refuse("case-collision", f"The name and {show(first)} differ only in upper and lower case.", where, _RENAME)


def _caseless(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
