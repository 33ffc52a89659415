"""A comparison as plain text for a terminal: the verdict, then per finding what, where, and one request as proof."""

from collections.abc import Iterator

from towpath.privilege.comparison import Comparison, Finding
from towpath.privilege.render.sentences import as_written, dangers, headline, reached


def to_text(comparison: Comparison) -> str:
    """The comparison as lines, with a newline at the end."""
    return as_written("\n".join(_lines(comparison)) + "\n")


def _lines(comparison: Comparison) -> Iterator[str]:
    yield headline(comparison)
    for finding in comparison.findings:
        yield ""
        yield from _finding(finding)
    for reason in comparison.unknown:
        yield ""
        yield f"not decided: {reason} [{reason.code}]"
    if comparison.removed:
        yield ""
        yield "For information, access that is gone:"
        yield from (f"  - {item.title} ({item.location}) e.g. {item.witness}" for item in comparison.removed)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"[{finding.severity.value}] {finding.headline}"
    yield f"  where    {finding.location}"
    yield f"  request  {finding.witness}"
    yield f"  before   {finding.before}"
    yield f"  now      {finding.after}"
    if reached(finding):
        yield f"  reaches  {reached(finding)}"
    for danger in dangers(finding):
        yield f"  because  {danger}"
    for path in finding.escalations:
        yield f"  path     {path.title}"
