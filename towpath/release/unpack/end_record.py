"""Whether a file begins and ends as one whole zip: what its last 22 bytes say, and what is wrong if nothing."""

from typing import BinaryIO

from towpath.release import zip_format as zf
from towpath.release.unpack.refusal import UPLOAD_AGAIN, refuse


def read_exactly(stream: BinaryIO, count: int) -> bytes:
    """Exactly so many bytes, from a stream that may give fewer at a time."""
    parts: list[bytes] = []
    while count and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    if count:
        refuse("truncated", "The artifact ended earlier than its size says.", remedy=UPLOAD_AGAIN)
    return b"".join(parts)


def read_end_record(stream: BinaryIO, size: int) -> tuple[int, int, int]:
    """Number of entries, size of the list of entries and its offset, for a stream of this size.

    Raises UnsafeArchiveError when the stream does not begin and end as a whole zip of less than 4 GiB does.
    """
    stream.seek(0)
    beginning = stream.read(4)
    if size < zf.END_RECORD.size or beginning[:2] != b"PK":
        _refuse_beginning(stream, size)
    stream.seek(size - zf.END_RECORD.size)
    record = read_exactly(stream, zf.END_RECORD.size)
    signature, disk, first_disk, here, count, directory_size, offset, comment = zf.END_RECORD.unpack(record)
    if signature != zf.END_SIGNATURE or comment:
        _refuse_end(stream, size)
    # The highest value of a field points to a 64-bit record, which would lie in the gap before this one.
    if count == 0xFFFF or 0xFFFF_FFFF in (directory_size, offset) or _has_zip64_locator(stream, size):
        refuse("zip64", "The artifact uses the 64-bit zip extension, which an artifact below 4 GiB does not need.")
    if disk or first_disk or here != count:
        refuse("split", "The artifact is one part of a zip that is split over several files.")
    end_of_directory = offset + directory_size
    if end_of_directory > size - zf.END_RECORD.size:
        refuse("directory-misplaced", "The list of entries is not where the end of the file says.", remedy=UPLOAD_AGAIN)
    if end_of_directory < size - zf.END_RECORD.size:
        refuse("hidden-data", "There are bytes between the list of entries and the end that belong to no entry.")
    return count, directory_size, offset


def _has_zip64_locator(stream: BinaryIO, size: int) -> bool:
    before = size - zf.END_RECORD.size - 20
    if before < 0:
        return False
    stream.seek(before)
    return stream.read(4) == zf.ZIP64_LOCATOR_SIGNATURE


def _refuse_beginning(stream: BinaryIO, size: int) -> None:
    stream.seek(max(0, size - zf.END_RECORD.size))
    if stream.read(4) == zf.END_SIGNATURE:
        refuse("prepended-data", "There are bytes before the first entry, as in a self-extracting program.")
    refuse("not-a-zip", "The file is not a zip.")


def _refuse_end(stream: BinaryIO, size: int) -> None:
    """Tells a comment, bytes behind the end, and a missing end apart."""
    stream.seek(max(0, size - zf.END_RECORD.size - 0xFFFF))
    tail = stream.read(zf.END_RECORD.size + 0xFFFF)
    found = tail.rfind(zf.END_SIGNATURE)
    if found < 0 or len(tail) - found < zf.END_RECORD.size:
        refuse("truncated", "The zip has no end: a part of it is missing.", remedy=UPLOAD_AGAIN)
    comment = zf.END_RECORD.unpack_from(tail, found)[-1]
    rest = len(tail) - found - zf.END_RECORD.size
    if comment == rest:
        refuse("comment", "The zip ends in a comment, which could hide a second end.")
    if comment > rest:
        refuse("truncated", "The zip has no end: a part of it is missing.", remedy=UPLOAD_AGAIN)
    refuse("trailing-data", f"There are {rest - comment:,} bytes behind the end of the zip.")
