"""Writes zips whose bytes depend on nothing but their members' names, bytes and executable bits.

Order, dates, owners, umask, time zone and the zlib at hand leave no trace: members are sorted, dated 1980-01-01, given
one of two modes and stored without compression (docs/adr/0020).
"""

import hashlib
import stat
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Final

from towpath.release import zip_format as zf

CHUNK: Final = 1 << 20
_VERSION: Final = 20
_DATE_1980_01_01: Final = 0x21
_PLAIN: Final = stat.S_IFREG | 0o644
_EXECUTABLE: Final = stat.S_IFREG | 0o755
_FOLDER: Final = stat.S_IFDIR | 0o755
_MS_DOS_FOLDER: Final = 0x10


class ArchiveTooLargeError(ValueError):
    """The members do not fit into a zip without the 64-bit extension: more than 4 GiB or 65,534 of them."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its content as bytes, or as a file to read. A name ending in `/` is an empty folder."""

    name: str
    content: bytes | Path = b""
    executable: bool = False

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class WrittenArchive:
    """What `write_archive` wrote: the SHA-256 in hex, and the size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class _Placed:
    member: Member
    offset: int
    size: int
    checksum: int


def write_archive(members: Iterable[Member], destination: BinaryIO) -> WrittenArchive:
    """Write the members as a zip into an empty, seekable and readable file; its content is then hashed.

    Raises ArchiveTooLargeError beyond 4 GiB or 65,534 members, ValueError when two members share a name.
    """
    ordered = sorted(members, key=lambda member: member.name.encode())
    _check_names(ordered)
    placed = [_write_member(member, destination) for member in ordered]
    start = destination.tell()
    for entry in placed:
        _write_central_header(entry, destination)
    size = destination.tell() - start
    _require(start + size)
    count = len(placed)
    destination.write(zf.END_RECORD.pack(zf.END_SIGNATURE, 0, 0, count, count, size, start, 0))
    return _measure(destination)


def archive_bytes(members: Iterable[Member]) -> bytes:
    """The zip of the members, in memory. Raises what `write_archive` raises."""
    buffer = BytesIO()
    write_archive(members, buffer)
    return buffer.getvalue()


def _check_names(ordered: list[Member]) -> None:
    if len(ordered) > zf.MAXIMUM_ENTRIES:
        raise ArchiveTooLargeError(f"{len(ordered)} members are more than the {zf.MAXIMUM_ENTRIES} that a zip can hold")
    for before, after in pairwise(ordered):
        if before.name == after.name:
            raise ValueError(f"two members are called {after.name}")


def _write_member(member: Member, destination: BinaryIO) -> _Placed:
    """Write the header, then the content, then the header again with the size and checksum that were seen."""
    offset = destination.tell()
    _require(offset)
    destination.write(_local_header(_Placed(member, offset, 0, 0)))
    size, checksum = 0, 0
    for chunk in _content(member):
        size += len(chunk)
        _require(offset + size)
        checksum = zlib.crc32(chunk, checksum)
        destination.write(chunk)
    placed = _Placed(member, offset, size, checksum)
    end = destination.tell()
    destination.seek(offset)
    destination.write(_local_header(placed))
    destination.seek(end)
    return placed


def _content(member: Member) -> Iterator[bytes]:
    if isinstance(member.content, bytes):
        yield member.content
        return
    with member.content.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _local_header(entry: _Placed) -> bytes:
    name = entry.member.name.encode()
    fields = (_VERSION, zf.FLAG_UTF8, zf.STORED, 0, _DATE_1980_01_01, entry.checksum, entry.size, entry.size)
    return zf.LOCAL_HEADER.pack(zf.LOCAL_SIGNATURE, *fields, len(name), 0) + name


def _write_central_header(entry: _Placed, destination: BinaryIO) -> None:
    name = entry.member.name.encode()
    made_by = zf.MADE_BY_UNIX << 8 | _VERSION
    fields = (_VERSION, zf.FLAG_UTF8, zf.STORED, 0, _DATE_1980_01_01, entry.checksum, entry.size, entry.size)
    rest = (len(name), 0, 0, 0, 0, _attributes(entry.member), entry.offset)
    destination.write(zf.CENTRAL_HEADER.pack(zf.CENTRAL_SIGNATURE, made_by, *fields, *rest) + name)


def _attributes(member: Member) -> int:
    if member.is_folder:
        return _FOLDER << 16 | _MS_DOS_FOLDER
    return (_EXECUTABLE if member.executable else _PLAIN) << 16


def _require(size: int) -> None:
    if size > zf.MAXIMUM_SIZE:
        raise ArchiveTooLargeError(f"the archive would be larger than {zf.MAXIMUM_SIZE} bytes (4 GiB)")


def _measure(destination: BinaryIO) -> WrittenArchive:
    destination.seek(0)
    digest = hashlib.sha256()
    while chunk := destination.read(CHUNK):
        digest.update(chunk)
    return WrittenArchive(digest.hexdigest(), destination.tell())
