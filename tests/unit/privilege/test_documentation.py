"""docs/privileges.md keeps its word: its Python runs, and its table of reasons is that of the library."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "privileges.md").read_text()


def test_what_is_written_in_python_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "docs/privileges.md", "exec"), {})


def test_each_reason_for_unknown_is_on_the_page_and_no_other() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "towpath" / "privilege").rglob("*.py"))
    assert set(re.findall(r'"(privilege-[a-z-]+)"', sources)) == set(
        re.findall(r"^\| `(privilege-[a-z-]+)`", PAGE, re.M)
    )
