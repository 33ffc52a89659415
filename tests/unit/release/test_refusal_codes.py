"""Every code with which the release room refuses is explained in docs/artifact.md, and the page lists no others."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCES = [
    *(ROOT / "towpath" / "release").glob("*.py"),
    *(ROOT / "towpath" / "release" / "unpack").glob("*.py"),
    ROOT / "towpath" / "aws" / "artifact_store.py",
    ROOT / "towpath" / "aws" / "ranged_reader.py",
]
# Made when an artifact is packed, or elsewhere from the same template checks.
NOT_OF_ARTIFACTS = {"bundle-too-large"}


def codes_in_sources() -> set[str]:
    text = "\n".join(source.read_text() for source in SOURCES)
    plain = set(re.findall(r'Reason\(\s*"([a-z0-9-]+)"', text))
    archive = {f"archive-{code}" for code in re.findall(r'\brefuse\(\s*"([a-z0-9-]+)"', text)}
    extras = {f"archive-{code}" for code in re.findall(r'0x[0-9a-f]{4}: "([a-z-]+)"', text)}
    kinds = re.findall(r'Reason\(f"\{[^}]+\}(-[a-z-]+)"', text)
    return plain | archive | extras | {f"asset{ending}" for ending in kinds}


def codes_in_page() -> set[str]:
    rows = [line for line in (ROOT / "docs" / "artifact.md").read_text().splitlines() if line.startswith("| `")]
    cells = [row.split("|")[1] for row in rows[rows.index(next(row for row in rows if "archive-" in row)) :]]
    return {code for cell in cells for code in re.findall(r"`([a-z0-9…-]+)`", cell)}


def test_each_code_is_on_the_page() -> None:
    found = codes_in_sources() - NOT_OF_ARTIFACTS
    assert len(found) > 50
    assert not found - codes_in_page()


def test_the_page_lists_no_code_that_nothing_raises() -> None:
    other_kinds = {code for code in codes_in_page() if code.startswith(("template-", "contract-", "file-"))}
    from_templates = {"parameter-missing", "parameter-unknown", "parameter-not-allowed"}
    given_by_name = {"manifest-invalid"}
    assert not codes_in_page() - codes_in_sources() - other_kinds - from_templates - given_by_name
