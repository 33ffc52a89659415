"""The writer's law: equal members give equal bytes, and any zip reader gets back what went in."""

import hashlib
import stat
import zipfile
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.release import archive
from towpath.release.archive import ArchiveTooLargeError, Member, archive_bytes, write_archive

names = st.text(st.characters(codec="utf-8", exclude_characters="\x00/"), min_size=1, max_size=20)
member_lists = st.lists(st.builds(Member, names, st.binary(max_size=200), st.booleans()), unique_by=lambda m: m.name)


@given(member_lists, st.randoms())
def test_order_of_members_does_not_matter(members: list[Member], random: Random) -> None:
    shuffled = members.copy()
    random.shuffle(shuffled)
    assert archive_bytes(members) == archive_bytes(shuffled)


@given(member_lists)
def test_what_went_in_comes_out(members: list[Member]) -> None:
    with zipfile.ZipFile(BytesIO(archive_bytes(members))) as opened:
        assert opened.testzip() is None
        found = {
            info.filename: (opened.read(info), bool(info.external_attr >> 16 & stat.S_IXUSR))
            for info in opened.infolist()
        }
    # The standard library's reader cuts names at a NUL and turns the system's separator, neither of which is generated.
    assert found == {member.name: (member.content, member.executable) for member in members}


def test_bytes_are_fixed_for_all_machines() -> None:
    """A change of these bytes changes the digest of every release: it needs a new format version."""
    members = [Member("b.py", b"print('b')\n"), Member("bin/run", b"#!/bin/sh\n", executable=True), Member("ü/")]
    content = archive_bytes(members)
    assert hashlib.sha256(content).hexdigest() == "0181b1a67185a44856580be77892bc1fc4cef71908a662735cff0ac3c2519307"


def test_content_from_a_file_is_the_same_as_bytes(tmp_path: Path) -> None:
    source = tmp_path / "large"
    content = b"towpath" * 500_000
    source.write_bytes(content)
    assert archive_bytes([Member("large", source)]) == archive_bytes([Member("large", content)])


def test_says_digest_and_size(tmp_path: Path) -> None:
    with (tmp_path / "a.zip").open("w+b") as file:
        written = write_archive([Member("a", b"1")], file)
    content = (tmp_path / "a.zip").read_bytes()
    assert (written.digest, written.size) == (hashlib.sha256(content).hexdigest(), len(content))


def test_same_name_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="two members are called a"):
        archive_bytes([Member("a"), Member("a")])


def test_too_many_members() -> None:
    with pytest.raises(ArchiveTooLargeError, match="65535 members"):
        archive_bytes(Member(str(number)) for number in range(65_535))


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive.zf, "MAXIMUM_SIZE", 100)
    with pytest.raises(ArchiveTooLargeError, match="larger than 100 bytes"):
        archive_bytes([Member("a", bytes(101))])
