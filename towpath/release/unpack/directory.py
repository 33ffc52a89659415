"""What a zip says it contains, and whether that can be true: decided from its end, before any content is read.

Only one layout is accepted: entries side by side from the first byte, then the central directory, then the end record
as the last 22 bytes. So nothing hides before, between or behind them, nothing overlaps, and every reader sees the same.
"""

import hashlib
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from os import SEEK_END
from typing import BinaryIO, Final

from towpath.release import zip_format as zf
from towpath.release.schema_check import show
from towpath.release.unpack.end_record import read_end_record, read_exactly
from towpath.release.unpack.limits import Limits
from towpath.release.unpack.names import check_collisions, check_name, decode_name
from towpath.release.unpack.refusal import UPLOAD_AGAIN, refuse

_DEFLATE_OPTIONS: Final = 0x0006
_UNDERSTOOD_FLAGS: Final = _DEFLATE_OPTIONS | zf.FLAG_DESCRIPTOR | zf.FLAG_UTF8
_ENCRYPTION_FLAGS: Final = zf.FLAG_ENCRYPTED | zf.FLAG_STRONG_ENCRYPTION | zf.FLAG_MASKED_DIRECTORY
_AES: Final = 99
# Extra fields that change what the other fields mean: 64-bit sizes, AES, strong encryption, a second name.
_ZIP64_EXTRA: Final = 0x0001
_REFUSED_EXTRAS: Final = {0x9901: "encrypted", 0x0017: "encrypted", 0x7075: "second-name", 0x6375: "second-name"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a zip. It lies in the bytes from `offset` up to `end`, header and content together."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    checksum: int
    compressed_size: int
    size: int
    offset: int
    end: int = 0

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Directory:
    """The entries in the order of their bytes; where the directory lies, and the SHA-256 of all from there on."""

    entries: tuple[Entry, ...]
    offset: int
    archive_size: int
    digest: bytes


def read_directory(stream: BinaryIO, limits: Limits) -> Directory:
    """The directory of the zip in a seekable stream.

    Raises UnsafeArchiveError when it is no zip, or one that breaks a rule of this folder or a limit.
    """
    size = stream.seek(0, SEEK_END)
    if size > limits.artifact:
        refuse("too-large", f"The artifact has {size:,} bytes; at most {limits.artifact:,} are taken.")
    count, directory_size, offset = read_end_record(stream, size)
    if count > limits.entries:
        refuse("too-many-entries", f"The artifact has {count:,} entries; at most {limits.entries:,} are taken.")
    if directory_size > limits.directory:
        refuse("directory-too-large", f"The list of entries takes {directory_size:,} bytes.")
    stream.seek(offset)
    tail = read_exactly(stream, size - offset)
    entries = tuple(_with_ends(sorted(_entries(tail[:directory_size], count, limits), key=lambda e: e.offset), offset))
    check_collisions([entry.name for entry in entries])
    _check_sizes(entries, limits)
    return Directory(entries, offset, size, hashlib.sha256(tail).digest())


def _entries(directory: bytes, count: int, limits: Limits) -> Iterator[Entry]:
    position = 0
    for _ in range(count):
        if len(directory) - position < zf.CENTRAL_HEADER.size:
            refuse("inconsistent", f"The list of entries is shorter than the {count} entries it announces.")
        fields = zf.CENTRAL_HEADER.unpack_from(directory, position)
        lengths = fields[10:13]
        start, position = position + zf.CENTRAL_HEADER.size, position + zf.CENTRAL_HEADER.size + sum(lengths)
        if fields[0] != zf.CENTRAL_SIGNATURE or position > len(directory):
            refuse("inconsistent", "The list of entries is broken.", remedy=UPLOAD_AGAIN)
        raw_name = directory[start : start + lengths[0]]
        extra = directory[start + lengths[0] : start + lengths[0] + lengths[1]]
        yield _entry(fields, raw_name, extra, limits)
    if position != len(directory):
        refuse("inconsistent", f"The list of entries holds more than the {count} entries it announces.")


def _entry(fields: tuple[int, ...], raw_name: bytes, extra: bytes, limits: Limits) -> Entry:
    flags, method = fields[3], fields[4]
    name = decode_name(raw_name, is_utf8=bool(flags & zf.FLAG_UTF8))
    entry = Entry(name, raw_name, flags, method, fields[7], fields[8], fields[9], fields[16])
    _check_features(entry, extra, disk=fields[13])
    check_name(name, limits.name)
    _check_kind(entry, fields[15] >> 16)
    return entry


def _check_features(entry: Entry, extra: bytes, disk: int) -> None:
    where = show(entry.name)
    if entry.flags & _ENCRYPTION_FLAGS or entry.method == _AES:
        refuse("encrypted", "An entry is encrypted.", where)
    check_extra_fields(extra, where)
    if 0xFFFF_FFFF in (entry.compressed_size, entry.size, entry.offset):
        refuse("zip64", "An entry uses the 64-bit zip extension, which an artifact does not need.", where)
    if entry.flags & ~_UNDERSTOOD_FLAGS:
        refuse("unknown-feature", f"An entry has flags that no artifact needs: {entry.flags:#06x}.", where)
    if entry.method not in (zf.STORED, zf.DEFLATED):
        refuse(
            "compression", f"An entry is compressed by method {entry.method}; only store and deflate are read.", where
        )
    if disk:
        refuse("split", "An entry lies in another file of a split zip.", where)


def check_extra_fields(extra: bytes, where: str) -> None:
    """Refuses extra fields that change what the fields of the header mean."""
    for field in _extra_fields(extra, where):
        if field == _ZIP64_EXTRA:
            refuse("zip64", "An entry uses the 64-bit zip extension, which an artifact does not need.", where)
        if field in _REFUSED_EXTRAS:
            refuse(_REFUSED_EXTRAS[field], "An entry is encrypted or has a second name in an extra field.", where)


def _extra_fields(extra: bytes, where: str) -> Iterator[int]:
    """The identifiers of the extra fields."""
    position = 0
    while position < len(extra):
        if len(extra) - position < 4:
            refuse("inconsistent", "An entry's extra field is cut off.", where)
        field, length = struct.unpack_from("<HH", extra, position)
        position += 4 + length
        if position > len(extra):
            refuse("inconsistent", "An entry's extra field is cut off.", where)
        yield field


def _check_kind(entry: Entry, mode: int) -> None:
    """Only plain files and folders; zips made on Unix carry the kind of file in the mode, others leave it zero."""
    where = show(entry.name)
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        refuse("link", "An entry is a symbolic link.", where, "Pack the file that the link leads to.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        refuse("special-file", "An entry is a device, a pipe or a socket.", where)
    if entry.is_folder and (entry.size or entry.compressed_size > 2 or kind == stat.S_IFREG):
        refuse("inconsistent", "An entry is named as a folder and has the content or the mode of a file.", where)
    if kind == stat.S_IFDIR and not entry.is_folder:
        refuse("inconsistent", "An entry has the mode of a folder and the name of a file.", where)


def _with_ends(entries: list[Entry], directory_offset: int) -> Iterator[Entry]:
    """The entries with their ends, if they lie side by side from the first byte up to the directory."""
    first = entries[0].offset if entries else directory_offset
    if first:
        refuse("prepended-data", f"There are {first:,} bytes before the first entry.")
    offsets = [entry.offset for entry in entries] + [directory_offset]
    for entry, (offset, end) in zip(entries, pairwise(offsets), strict=True):
        if offset + zf.LOCAL_HEADER.size + len(entry.raw_name) + entry.compressed_size > end:
            refuse("overlap", "The bytes of an entry overlap those of the next one, or the list.", show(entry.name))
        yield replace(entry, end=end)


def _check_sizes(entries: tuple[Entry, ...], limits: Limits) -> None:
    total = sum(entry.size for entry in entries)
    if total > limits.unpacked:
        refuse(
            "bomb-total", f"Unpacked, the artifact would have {total:,} bytes; at most {limits.unpacked:,} are taken."
        )
    for entry in entries:
        if entry.size > limits.ratio_from and entry.size > limits.ratio * max(1, entry.compressed_size):
            message = f"An entry of {entry.compressed_size:,} bytes says that it unpacks to {entry.size:,}."
            refuse("bomb-ratio", message, show(entry.name))
        if entry.method == zf.STORED and entry.size != entry.compressed_size:
            message = "An entry that is not compressed says that its size changes."
            refuse("inconsistent", message, show(entry.name))
