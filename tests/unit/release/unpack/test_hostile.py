"""Every way in which a zip can be broken or two-faced has its own refusal; sound zips of other tools are read."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.release import zip_format as zf
from towpath.release.archive import Member, archive_bytes
from towpath.release.unpack.content import read_entry, scan
from towpath.release.unpack.directory import read_directory
from towpath.release.unpack.limits import DEFAULT_LIMITS, Limits
from towpath.release.unpack.refusal import UnsafeArchiveError

END = zf.END_RECORD.size


def contents(archive: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """What the archive holds, by both ways of reading it; and every byte was observed in order."""
    stream, seen = BytesIO(archive), bytearray()
    directory = read_directory(stream, limits)
    found: dict[str, bytes] = {}
    for entry, chunk in scan(stream, directory, seen.extend):
        found[entry.name] = found.get(entry.name, b"") + chunk
    assert bytes(seen) == archive
    assert found == {entry.name: b"".join(read_entry(stream, entry)) for entry in directory.entries}
    return found


def code_of(archive: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(UnsafeArchiveError) as caught:
        contents(archive, limits)
    assert caught.value.reason.remedy
    assert caught.value.reason.message.isprintable()
    return caught.value.reason.code


def zipped(
    *entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.comment = comment
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def plain(method: int = zipfile.ZIP_STORED) -> bytes:
    return zipped(("a.txt", b"content of a" * 20), ("b.txt", b"content of b" * 20), method=method)


def named(name: str | bytes) -> bytes:
    """A zip with one entry of any name, also one that no tool would write."""
    raw = name if isinstance(name, bytes) else name.encode()
    archive = zipped(("x" * len(raw), b"1"))
    archive = archive.replace(b"x" * len(raw), raw)
    return patched(archive, central_flags=zf.FLAG_UTF8, local_flags=zf.FLAG_UTF8)


def moded(mode: int, name: str = "entry") -> bytes:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return zipped((info, b""))


CENTRAL_FIELDS = {
    "flags": (8, "<H"),
    "method": (10, "<H"),
    "crc": (16, "<L"),
    "compressed": (20, "<L"),
    "size": (24, "<L"),
    "disk": (34, "<H"),
    "offset": (42, "<L"),
}
LOCAL_FIELDS = {
    "flags": (6, "<H"),
    "method": (8, "<H"),
    "crc": (14, "<L"),
    "compressed": (18, "<L"),
    "size": (22, "<L"),
}
END_FIELDS = {"disk": (4, "<H"), "here": (8, "<H"), "count": (10, "<H"), "size": (12, "<L"), "offset": (16, "<L")}


def patched(archive: bytes, **fields: int) -> bytes:
    """The archive with fields of its first entry (`central_…`, `local_…`) or its end (`end_…`) overwritten."""
    changed = bytearray(archive)
    start = struct.unpack_from("<L", archive, len(archive) - END + 16)[0]
    tables: dict[str, tuple[int, dict[str, tuple[int, str]]]] = {
        "central": (start, CENTRAL_FIELDS),
        "local": (0, LOCAL_FIELDS),
        "end": (len(archive) - END, END_FIELDS),
    }
    for name, value in fields.items():
        where, _, field = name.partition("_")
        base, table = tables[where]
        offset, layout = table[field]
        struct.pack_into(layout, changed, base + offset, value)
    return bytes(changed)


def with_extra(field: int) -> bytes:
    info = zipfile.ZipInfo("entry")
    info.extra = struct.pack("<HH4s", field, 4, b"1234")
    return zipped((info, b"x"))


def streamed(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip written to a pipe: sizes come behind the content."""

    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, offset: int, whence: int = 0) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        archive.writestr("a.txt", b"content" * 100)
        archive.writestr("b.txt", b"")
    return pipe.getvalue()


def with_stub_of_extra() -> bytes:
    """An extra field of three bytes, where already its header has four."""
    return with_extra(0xABCD).replace(b"\xcd\xab\x04\x00", b"\xcd\xab\x01\x00")


def two_at_one_place() -> bytes:
    """Two entries that share their bytes, as overlapping bombs do."""
    archive = plain()
    start = struct.unpack_from("<L", archive, len(archive) - END + 16)[0]
    second = archive.index(zf.CENTRAL_SIGNATURE, start + 4)
    changed = bytearray(archive)
    struct.pack_into("<L", changed, second + 42, 0)
    return bytes(changed)


def inserted(archive: bytes, at: int, data: bytes, **fields: int) -> bytes:
    return patched(archive[:at] + data + archive[at:], **fields)


def directory_start(archive: bytes) -> int:
    return int(struct.unpack_from("<L", archive, len(archive) - END + 16)[0])


def gap_before_directory() -> bytes:
    archive = plain()
    start = directory_start(archive)
    return inserted(archive, start, b"hidden", end_offset=start + 6)


def gap_after_directory() -> bytes:
    archive = plain()
    return archive[:-END] + b"hidden" + archive[-END:]


def prepended_and_adjusted() -> bytes:
    """A self-extracting zip whose offsets count the program before it."""
    buffer = BytesIO(b"PK-program")
    buffer.seek(0, 2)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("a", b"1")
    return buffer.getvalue()


def gap_behind_descriptor() -> bytes:
    archive = streamed()
    start = directory_start(archive)
    return inserted(archive, start, b"hidden", end_offset=start + 6)


def deflated_with_rest() -> bytes:
    """Compressed content that ends before its bytes do: the rest is a place to hide."""
    content = b"content" * 50
    compressed = zlib.compress(content, wbits=-15) + b"hidden"
    header = zipped(("a", compressed))
    sizes = {
        f"{where}_{field}": value
        for where in ("local", "central")
        for field, value in (("method", 8), ("crc", zlib.crc32(content)), ("size", len(content)))
    }
    return patched(header, **sizes)


def understated(method: int) -> bytes:
    archive = zipped(("a", b"0" * 100_000), method=method)
    return patched(archive, central_size=10, local_size=10)


def broken_deflate() -> bytes:
    archive = bytearray(zipped(("a", b"0" * 1000), method=zipfile.ZIP_DEFLATED))
    archive[31:35] = b"\xff\xff\xff\xff"
    return bytes(archive)


def unfinished_deflate() -> bytes:
    engine = zlib.compressobj(wbits=-15)
    compressed = engine.compress(b"content" * 50) + engine.flush(zlib.Z_SYNC_FLUSH)
    content = b"content" * 50
    sizes = {
        f"{where}_{field}": value
        for where in ("local", "central")
        for field, value in (("method", 8), ("crc", zlib.crc32(content)), ("size", len(content)))
    }
    return patched(zipped(("a", compressed)), **sizes)


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty file": ("not-a-zip", lambda: b""),
    "text": ("not-a-zip", lambda: b"hello, world, this is no zip"),
    "tar.gz": ("not-a-zip", lambda: b"\x1f\x8b" + bytes(100)),
    "half of it": ("truncated", lambda: plain()[: len(plain()) // 2]),
    "one byte short": ("truncated", lambda: plain()[:-1]),
    "without end": ("truncated", lambda: plain()[:-END]),
    "trailing data": ("trailing-data", lambda: plain() + b"more"),
    "list beyond the end": ("directory-misplaced", lambda: patched(plain(), end_size=1_000_000)),
    "second end": ("hidden-data", lambda: plain() + plain()[-END:]),
    "comment cut off": ("truncated", lambda: zipped(("a", b"1"), comment=b"hello")[:-2]),
    "comment": ("comment", lambda: zipped(("a", b"1"), comment=b"hello")),
    "program before": ("prepended-data", lambda: b"#!/bin/sh\n" + plain()),
    "program before, offsets adjusted": ("prepended-data", prepended_and_adjusted),
    "data before the list": ("hidden-data", gap_before_directory),
    "data behind a descriptor": ("hidden-data", gap_behind_descriptor),
    "data behind the list": ("hidden-data", gap_after_directory),
    "zip64 count": ("zip64", lambda: patched(plain(), end_count=0xFFFF)),
    "zip64 offset": ("zip64", lambda: patched(plain(), end_offset=0xFFFF_FFFF)),
    "zip64 size": ("zip64", lambda: patched(plain(), central_size=0xFFFF_FFFF)),
    "zip64 extra": ("zip64", lambda: with_extra(0x0001)),
    "split": ("split", lambda: patched(plain(), end_disk=1)),
    "split entry": ("split", lambda: patched(plain(), central_disk=1)),
    "encrypted": ("encrypted", lambda: patched(plain(), central_flags=1, local_flags=1)),
    "strongly encrypted": ("encrypted", lambda: patched(plain(), central_flags=0x41)),
    "masked list": ("encrypted", lambda: patched(plain(), central_flags=0x2000)),
    "AES": ("encrypted", lambda: patched(plain(), central_method=99)),
    "AES extra": ("encrypted", lambda: with_extra(0x9901)),
    "second name": ("second-name", lambda: with_extra(0x7075)),
    "patch": ("unknown-feature", lambda: patched(plain(), central_flags=zf.FLAG_PATCH)),
    "bzip2": ("compression", lambda: plain(zipfile.ZIP_BZIP2)),
    "LZMA": ("unknown-feature", lambda: patched(plain(zipfile.ZIP_LZMA), central_flags=0x10)),
    "traversal": ("path-traversal", lambda: named("../../etc/passwd")),
    "traversal inside": ("path-traversal", lambda: named("a/../../b")),
    "absolute": ("absolute-path", lambda: named("/etc/passwd")),
    "drive": ("drive-letter", lambda: named("C:/windows")),
    "drive-relative": ("drive-letter", lambda: named("c:x")),
    "backslash": ("backslash", lambda: named("..\\..\\x")),
    "NUL": ("name-control-character", lambda: named("a\0b")),
    "line break": ("name-control-character", lambda: named("a\nb")),
    "empty part": ("name-parts", lambda: named("a//b")),
    "dot": ("name-parts", lambda: named("./b")),
    "no name": ("name-length", lambda: archive_bytes([Member("", b"1")])),
    "long name": ("name-length", lambda: named("n" * 1025)),
    "not UTF-8": ("name-encoding", lambda: named(b"a\xff")),
    "code page": ("name-encoding", lambda: patched(named("aé"), central_flags=0, local_flags=0)),
    "symbolic link": ("link", lambda: moded(stat.S_IFLNK | 0o777)),
    "character device": ("special-file", lambda: moded(stat.S_IFCHR | 0o666)),
    "block device": ("special-file", lambda: moded(stat.S_IFBLK | 0o666)),
    "pipe": ("special-file", lambda: moded(stat.S_IFIFO | 0o666)),
    "socket": ("special-file", lambda: moded(stat.S_IFSOCK | 0o666)),
    "folder named as file": ("inconsistent", lambda: moded(stat.S_IFDIR | 0o755)),
    "file named as folder": ("inconsistent", lambda: moded(stat.S_IFREG | 0o644, "folder/")),
    "case": ("case-collision", lambda: zipped(("Read.me", b""), ("read.ME", b""))),
    "case beyond ASCII": ("case-collision", lambda: zipped(("straße", b""), ("STRASSE", b""))),
    "Unicode forms": ("unicode-collision", lambda: zipped(("caf\u00e9", b""), ("cafe\u0301", b""))),
    "file and folder": ("file-as-folder", lambda: zipped(("a", b""), ("a/b", b""))),
    "file and folder of one name": ("duplicate-name", lambda: zipped(("a", b""), ("a/", b""))),
    "overlap": ("overlap", two_at_one_place),
    "bomb by ratio": ("bomb-ratio", lambda: zipped(("a", bytes(5_000_000)), method=zipfile.ZIP_DEFLATED)),
    "bomb by lie": ("bomb-lie", lambda: understated(zipfile.ZIP_DEFLATED)),
    "stored, other size": ("inconsistent", lambda: understated(zipfile.ZIP_STORED)),
    "wrong checksum": ("wrong-checksum", lambda: patched(plain(), central_crc=1, local_crc=1)),
    "altered content": ("wrong-checksum", lambda: plain().replace(b"content of a", b"CONTENT of a", 1)),
    "overstated size": ("wrong-checksum", lambda: patched(plain(8), central_size=9999, local_size=9999)),
    "other name in header": ("headers-disagree", lambda: plain().replace(b"a.txt", b"c.txt", 1)),
    "other method in header": ("headers-disagree", lambda: patched(plain(), local_method=8)),
    "other checksum in header": ("headers-disagree", lambda: patched(plain(), local_crc=1)),
    "other size in header": ("headers-disagree", lambda: patched(plain(), local_size=1)),
    "no header": ("headers-disagree", lambda: b"PK\x03\x05" + plain()[4:]),
    "other descriptor": ("headers-disagree", lambda: streamed().replace(zf.DESCRIPTOR_SIGNATURE, b"PK\x07\x09", 1)),
    "hidden in content": ("hidden-data", deflated_with_rest),
    "broken deflate": ("corrupt", broken_deflate),
    "unfinished deflate": ("corrupt", unfinished_deflate),
    "count too high": (
        "inconsistent",
        lambda: patched(zipped(("a", b"")), end_count=2).replace(b"\1\0\2\0", b"\2\0\2\0"),
    ),
    "count too low": ("inconsistent", lambda: patched(plain(), end_here=1, end_count=1)),
    "list broken": ("inconsistent", lambda: plain().replace(zf.CENTRAL_SIGNATURE, b"PK\x01\x09", 1)),
    "extra too short": ("inconsistent", with_stub_of_extra),
    "extra cut off": ("inconsistent", lambda: with_extra(0xABCD).replace(b"\xcd\xab\x04", b"\xcd\xab\x40")),
}


@pytest.mark.parametrize(("code", "make"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_zips_are_refused_by_name(code: str, make: Callable[[], bytes]) -> None:
    assert code_of(make()) == f"archive-{code}"


def test_two_entries_of_one_name() -> None:
    assert code_of(zipped(("a", b""), ("b", b"")).replace(b"b", b"a")) == "archive-duplicate-name"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (replace(DEFAULT_LIMITS, artifact=100), "too-large"),
        (replace(DEFAULT_LIMITS, entries=1), "too-many-entries"),
        (replace(DEFAULT_LIMITS, unpacked=400), "bomb-total"),
        (replace(DEFAULT_LIMITS, directory=50), "directory-too-large"),
    ],
)
def test_limits(limits: Limits, code: str) -> None:
    assert code_of(plain(), limits) == f"archive-{code}"


def test_many_entries_are_too_many() -> None:
    assert code_of(zipped(*((f"f{number}", b"") for number in range(10_001)))) == "archive-too-many-entries"


@pytest.mark.parametrize("archive", [plain(), plain(zipfile.ZIP_DEFLATED), streamed(), streamed(zipfile.ZIP_STORED)])
def test_sound_zips_of_another_tool_are_read(archive: bytes) -> None:
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        assert contents(archive) == {name: opened.read(name) for name in opened.namelist()}


def test_folders_and_an_empty_zip() -> None:
    assert contents(zipped(("folder/", b""), ("folder/a", b"1"))) == {"folder/": b"", "folder/a": b"1"}
    assert contents(zipped()) == {}


def test_a_file_that_changes_while_it_is_read() -> None:
    archive = plain()
    stream = BytesIO(archive)
    directory = read_directory(stream, DEFAULT_LIMITS)
    stream.seek(len(archive) - END - 3)
    stream.write(b"?")
    with pytest.raises(UnsafeArchiveError) as caught:
        list(scan(stream, directory))
    assert caught.value.reason.code == "archive-changed"


def test_a_stream_that_has_less_than_it_promises() -> None:
    class Promising(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(size) if self.tell() < 200 else b""

    with pytest.raises(UnsafeArchiveError) as caught:
        read_directory(Promising(plain()), DEFAULT_LIMITS)
    assert caught.value.reason.code == "archive-truncated"


def test_a_file_that_shrinks_while_it_is_read() -> None:
    stream = BytesIO(plain())
    directory = read_directory(stream, DEFAULT_LIMITS)
    stream.truncate(100)
    with pytest.raises(UnsafeArchiveError) as caught:
        list(scan(stream, directory))
    assert caught.value.reason.code == "archive-truncated"


SOUND = (plain(), plain(zipfile.ZIP_DEFLATED), streamed(), with_extra(0xABCD))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    archive = bytearray(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(archive) - 1))
        match draw(st.sampled_from(["set", "cut", "insert", "field"])):
            case "set":
                archive[at] = draw(st.integers(0, 255))
            case "cut":
                del archive[at : at + draw(st.integers(1, 40))]
            case "insert":
                archive[at:at] = draw(st.binary(max_size=40))
            case _:
                size = draw(st.sampled_from([2, 4]))
                archive[at : at + size] = draw(st.sampled_from([b"\xff" * size, b"\0" * size]))
        archive = archive or bytearray(b"P")
    return bytes(archive)


def standard_reader(archive: bytes) -> dict[str, bytes] | None:
    try:
        with zipfile.ZipFile(BytesIO(archive)) as opened:
            return {info.filename: opened.read(info) for info in opened.infolist()}
    except Exception:  # noqa: BLE001 - whatever the standard library raises for a broken zip counts as "no"
        return None


@given(mutated())
def test_a_mutated_zip_is_refused_or_means_to_others_what_it_means_to_us(archive: bytes) -> None:
    try:
        ours = contents(archive)
    except UnsafeArchiveError:
        return
    theirs: Any = standard_reader(archive)
    assert theirs is None or ours == theirs
