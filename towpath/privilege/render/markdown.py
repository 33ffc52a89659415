"""A comparison as Markdown for a plan or a pull request; what comes from policies is shown as code, never as markup."""

import re
from collections.abc import Iterator

from towpath.privilege.comparison import Comparison, Finding
from towpath.privilege.render.sentences import as_written, dangers, headline, reached


def to_markdown(comparison: Comparison) -> str:
    """The comparison as GitHub-flavoured Markdown, with a newline at the end."""
    return as_written("\n".join(_lines(comparison)) + "\n")


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"**{headline(comparison)}**"
    for finding in comparison.findings:
        yield ""
        yield from _finding(finding)
    if comparison.unknown:
        yield ""
        yield "**Not decided**"
        yield ""
        yield from (f"- {_code(str(reason))} ({_code(reason.code)})" for reason in comparison.unknown)
    if comparison.removed:
        yield ""
        yield "<details><summary>Access that is gone</summary>"
        yield ""
        yield from (f"- {_code(item.title)}, e.g. {_code(str(item.witness))}" for item in comparison.removed)
        yield ""
        yield "</details>"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"#### {finding.severity.value}: {_code(finding.headline)}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| where | {_code(str(finding.location))} |"
    yield f"| request | {_code(str(finding.witness))} |"
    yield f"| before | {_code(finding.before)} |"
    yield f"| now | {_code(finding.after)} |"
    if reached(finding):
        yield f"| reaches | {reached(finding)} |"
    for danger in dangers(finding):
        yield f"| because | {danger} |"
    for path in finding.escalations:
        yield f"| completes | {_code(path.title)} |"


def _code(text: str) -> str:
    """Text as inline code inside a table cell, whatever it holds."""
    flat = re.sub(r"\s+", " ", text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{padding}{flat}{padding}{fence}" if flat else ""
