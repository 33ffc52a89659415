"""A comparison as SARIF 2.1.0, the format in which code hosts take findings.

Code hosts read the score from the rule, not from the result, so each cause has a rule for each severity; they refuse a
result without a place, so what could not be decided has one too. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
import re
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from towpath.privilege.comparison import Comparison, Finding, Severity
from towpath.privilege.render.sentences import as_written, dangers, reached
from towpath.verdict import Reason

_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_SCORES: Final = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "2.0"}
_RULES: Final = {
    "grant-added": "A grant allows requests that were denied before",
    "deny-weakened": "A Deny was removed or narrowed",
    "boundary-widened": "A permissions boundary was removed or widened",
}


_UNDECIDED: Final = "It could not be decided whether more is allowed"
_UNDECIDED_SCORE: Final = "8.0"
_HELP: Final = "Take the access back, or have it reviewed: docs/privileges.md of Towpath says how to read a finding."
_PLACE: Final = re.compile(r"(?P<document>.+?):(?P<line>[0-9]+):(?P<column>[0-9]+)(?: |$)")


def to_sarif(comparison: Comparison, *, document: str = "new") -> dict[str, Any]:
    """The comparison as one SARIF run; what could not be decided is a result of its own.

    `document` is the file that a result is shown at where its reason names no other.
    """
    rules = {_rule_id(finding): _rule(finding) for finding in comparison.findings}
    rules |= {reason.code: _described(reason.code, _UNDECIDED, _UNDECIDED_SCORE) for reason in comparison.unknown}
    results = [_result(finding) for finding in comparison.findings]
    results += [_undecided(reason, document) for reason in comparison.unknown]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "towpath privileges",
                        "semanticVersion": version("towpath"),
                        "rules": list(rules.values()),
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {"verdict": comparison.verdict.value, "catalogue": comparison.catalogue},
            }
        ],
    }


def _rule_id(finding: Finding) -> str:
    return f"{finding.cause}-{finding.severity.value}"


def _rule(finding: Finding) -> dict[str, Any]:
    return _described(_rule_id(finding), _RULES[finding.cause], _SCORES[finding.severity])


def _described(name: str, text: str, score: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": text},
        "fullDescription": {"text": f"{text}."},
        "help": {"text": _HELP},
        "properties": {"tags": ["security"], "security-severity": score},
    }


def _result(finding: Finding) -> dict[str, Any]:
    because = "".join(f" {danger[0].upper()}{danger[1:]}." for danger in dangers(finding))
    reaches = f" Reaches {reached(finding)}." if reached(finding) else ""
    message = f"{finding.headline}. Newly allowed, for example: {finding.witness}.{reaches}{because}"
    place = finding.location.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.document)}}
    if place.position:
        physical["region"] = {"startLine": place.position.line, "startColumn": place.position.column}
    path = finding.location.to_json()["path"]
    return {
        "ruleId": _rule_id(finding),
        "level": _LEVELS[finding.severity],
        "message": {"text": as_written(message)},
        "locations": [
            {
                "physicalLocation": physical,
                "logicalLocations": [{"fullyQualifiedName": path or "/"}],
            }
        ],
        "partialFingerprints": {"towpath/v2": _fingerprint(finding.subject, finding.cause, place.document, path)},
        "properties": {"finding": finding.to_json()},
    }


def _undecided(reason: Reason, document: str) -> dict[str, Any]:
    found = _PLACE.match(reason.where)
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(found["document"] if found else document)}}
    if found:
        physical["region"] = {"startLine": int(found["line"]), "startColumn": int(found["column"])}
    return {
        "ruleId": reason.code,
        "level": "error",
        "message": {"text": str(reason)},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"towpath/v2": _fingerprint(reason.code, document, reason.message)},
    }


def _fingerprint(*parts: str) -> str:
    """The same for the same cause, also where lines above it came or went."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _uri(document: str) -> str:
    """A file's name as a relative reference: a colon in it would be read as the end of a scheme."""
    return quote(document.replace("\\", "/"))
