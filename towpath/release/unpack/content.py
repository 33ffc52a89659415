"""Reads a zip's bytes once, from first to last, and believes nothing the directory said that they do not bear out."""

import contextlib
import hashlib
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NoReturn

from towpath.release import zip_format as zf
from towpath.release.schema_check import show
from towpath.release.unpack.directory import Directory, Entry, check_extra_fields
from towpath.release.unpack.refusal import UPLOAD_AGAIN, refuse

CHUNK: Final = 1 << 20


def _ignore(_chunk: bytes) -> None:
    pass


class _Cursor:
    """Reads forward only, and shows every byte to an observer."""

    def __init__(self, stream: BinaryIO, offset: int, observe: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._observe = observe
        stream.seek(offset)

    def chunks(self, count: int) -> Iterator[bytes]:
        """The next `count` bytes."""
        while count:
            chunk = self._stream.read(min(count, CHUNK))
            if not chunk:
                refuse("truncated", "The artifact ended while it was read.", remedy=UPLOAD_AGAIN)
            count -= len(chunk)
            self._observe(chunk)
            yield chunk

    def take(self, count: int) -> bytes:
        return b"".join(self.chunks(count))


def scan(
    stream: BinaryIO, directory: Directory, observe: Callable[[bytes], None] = _ignore
) -> Iterator[tuple[Entry, bytes]]:
    """The content of every entry in chunks of at most 1 MiB, at least one (perhaps empty) chunk for each.

    `observe` sees every byte of the archive in order; all have been seen when the iterator is exhausted. Raises
    UnsafeArchiveError as soon as the bytes contradict the directory, so chunks are to be trusted only after the last.
    """
    cursor = _Cursor(stream, 0, observe)
    for entry in directory.entries:
        for chunk in _entry_content(cursor, entry):
            yield entry, chunk
    tail = hashlib.sha256()
    for chunk in cursor.chunks(directory.archive_size - directory.offset):
        tail.update(chunk)
    if tail.digest() != directory.digest or stream.read(1):
        refuse("changed", "The artifact changed while it was read.", remedy="Verify it again when nobody writes to it.")


def read_entry(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """The content of one entry in chunks of at most 1 MiB. Raises UnsafeArchiveError as `scan` does."""
    return _entry_content(_Cursor(stream, entry.offset, _ignore), entry)


def _entry_content(cursor: _Cursor, entry: Entry) -> Iterator[bytes]:
    header_size = _check_local_header(cursor, entry)
    checksum, size = 0, 0
    pieces = _inflated(cursor, entry) if entry.method == zf.DEFLATED else cursor.chunks(entry.size)
    yield b""
    for piece in pieces:
        size += len(piece)
        if size > entry.size:
            refuse(
                "bomb-lie", f"An entry unpacks to more than the {entry.size:,} bytes it announces.", show(entry.name)
            )
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if size != entry.size or checksum != entry.checksum:
        message = "The content of an entry does not have the size and checksum (CRC-32) that the zip announces."
        refuse("wrong-checksum", message, show(entry.name), UPLOAD_AGAIN)
    _check_descriptor(cursor, entry, entry.end - entry.offset - header_size - entry.compressed_size)


def _check_local_header(cursor: _Cursor, entry: Entry) -> int:
    """The size of the header before the content, if it says what the directory says."""
    header = cursor.take(zf.LOCAL_HEADER.size)
    signature, _, flags, method, _, _, *sizes, name_length, extra_length = zf.LOCAL_HEADER.unpack(header)
    end_of_header = entry.offset + zf.LOCAL_HEADER.size + name_length + extra_length
    fits = end_of_header + entry.compressed_size <= entry.end
    agrees = (signature, flags, method) == (zf.LOCAL_SIGNATURE, entry.flags, entry.method)
    if not (agrees and fits and cursor.take(name_length) == entry.raw_name):
        _refuse_header(entry)
    check_extra_fields(cursor.take(extra_length), show(entry.name))
    later = entry.flags & zf.FLAG_DESCRIPTOR and sizes == [0, 0, 0]
    if not later and sizes != [entry.checksum, entry.compressed_size, entry.size]:
        _refuse_header(entry)
    return end_of_header - entry.offset


def _refuse_header(entry: Entry) -> NoReturn:
    message = "The header before an entry's content contradicts the list of entries."
    refuse("headers-disagree", message, show(entry.name))


def _inflated(cursor: _Cursor, entry: Entry) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    with contextlib.suppress(zlib.error):  # then the end of the content is never seen
        for chunk in cursor.chunks(entry.compressed_size):
            pending = chunk
            while pending and not inflater.eof:
                yield inflater.decompress(pending, CHUNK)
                pending = inflater.unconsumed_tail
            if inflater.unused_data or (inflater.eof and pending):
                refuse("hidden-data", "An entry's compressed content ends before its bytes do.", show(entry.name))
        while not inflater.eof and (piece := inflater.decompress(b"", CHUNK)):
            yield piece
    if not inflater.eof:
        refuse("corrupt", "An entry's compressed content is broken or has no end.", show(entry.name), UPLOAD_AGAIN)


def _check_descriptor(cursor: _Cursor, entry: Entry, count: int) -> None:
    """Behind the content comes the next entry, or, where a flag says so, the sizes once more."""
    if not entry.flags & zf.FLAG_DESCRIPTOR:
        if count:
            refuse("hidden-data", f"{count:,} bytes behind an entry belong to nothing.", show(entry.name))
        return
    if count not in (12, 16):
        refuse("hidden-data", f"{count:,} bytes behind an entry are no data descriptor.", show(entry.name))
    descriptor = cursor.take(count)
    sizes = b"".join(number.to_bytes(4, "little") for number in (entry.checksum, entry.compressed_size, entry.size))
    if descriptor not in (sizes, zf.DESCRIPTOR_SIGNATURE + sizes):
        refuse(
            "headers-disagree", "The sizes behind an entry's content contradict the list of entries.", show(entry.name)
        )
