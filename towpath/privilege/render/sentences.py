"""The words that text and Markdown share: what the verdict means, what a finding reaches, why it is dangerous."""

import re
from typing import Final

from towpath.privilege.comparison import Answer, Comparison, Finding, FindingClass

_PSEUDO: Final = re.compile(r"\$\{AWS\.(\w+)\}")
_CLASSES: Final = {
    FindingClass.PUBLIC: "anybody can use it",
    FindingClass.CROSS_ACCOUNT: "another account can use it",
    FindingClass.CONFUSED_DEPUTY: "the service may act for anybody: no aws:SourceArn or aws:SourceAccount limits it",
    FindingClass.OPEN_FEDERATION: "every identity of the provider can use it: no :sub condition limits it",
    FindingClass.ESCALATION: "it completes a way to further permissions",
    FindingClass.CEILING: "a permissions boundary limits less than before",
    FindingClass.NOT_CATALOGUE_VALID: "no action and resource that AWS documents is concerned",
}


def as_written(text: str) -> str:
    """The text with pseudo parameters as templates write them; inside ARNs their names have no colons."""
    return _PSEUDO.sub(r"${AWS::\1}", text)


def headline(comparison: Comparison) -> str:
    """One sentence with the verdict."""
    count = len(comparison.findings)
    if comparison.verdict is Answer.EXPANSION:
        causes = "one cause" if count == 1 else f"{count} causes"
        return f"EXPANSION: the new side allows requests that the old one did not ({causes})."
    if comparison.verdict is Answer.UNKNOWN:
        return "UNKNOWN: it could not be decided whether the new side allows more."
    return "NO_EXPANSION: every request that the new side allows, the old one allowed too."


def dangers(finding: Finding) -> list[str]:
    """Why the finding deserves attention, one clause per class."""
    return [_CLASSES[item] for item in finding.classes]


def reached(finding: Finding) -> str:
    """How many actions became reachable, by access level; empty for a grant that is not about actions."""
    reach = finding.reach
    if not reach.total:
        return "no action of the catalogue" if FindingClass.NOT_CATALOGUE_VALID in finding.classes else ""
    levels = ", ".join(f"{count} {level}" for level, count in reach.by_level.items())
    at_least = "" if reach.complete else "at least "
    return f"{at_least}{reach.total} action{'s' if reach.total > 1 else ''}: {levels}"
