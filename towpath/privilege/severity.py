"""How grave a finding is. The rules, first match first:

- critical: it completes a known escalation path, or lets the public write or manage permissions;
- high: it is public, lets in another account, a confused deputy or any federated identity, or manages permissions;
- medium: it writes or tags, or raises a ceiling (a permissions boundary);
- low: it reads or lists, or only requests that no service knows are newly allowed.
"""

from collections.abc import Collection

from towpath.privilege.comparison import FindingClass, Severity

_OUTSIDERS = frozenset(
    {
        FindingClass.PUBLIC,
        FindingClass.CROSS_ACCOUNT,
        FindingClass.CONFUSED_DEPUTY,
        FindingClass.OPEN_FEDERATION,
    }
)


def severity(classes: Collection[FindingClass], levels: Collection[str]) -> Severity:
    """The severity of a finding with these classes, whose newly reachable actions have these access levels."""
    if FindingClass.NOT_CATALOGUE_VALID in classes:
        return Severity.LOW
    manages = "Permissions management" in levels
    writes = manages or "Write" in levels
    if FindingClass.ESCALATION in classes or (FindingClass.PUBLIC in classes and writes):
        return Severity.CRITICAL
    if manages or _OUTSIDERS.intersection(classes):
        return Severity.HIGH
    if writes or "Tagging" in levels or FindingClass.CEILING in classes:
        return Severity.MEDIUM
    return Severity.LOW
