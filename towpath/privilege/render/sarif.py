"""A comparison as SARIF 2.1.0, the format in which code hosts take findings.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
from importlib.metadata import version
from typing import Any, Final

from towpath.privilege.comparison import Comparison, Finding, Severity
from towpath.privilege.render.sentences import dangers, reached
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


def to_sarif(comparison: Comparison) -> dict[str, Any]:
    """The comparison as one SARIF run; what could not be decided is a result of its own."""
    results = [_result(finding) for finding in comparison.findings]
    results += [_undecided(reason) for reason in comparison.unknown]
    rules = dict.fromkeys(result["ruleId"] for result in results)
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "towpath privileges",
                        "semanticVersion": version("towpath"),
                        "rules": [_rule(name) for name in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {"verdict": comparison.verdict.value, "catalogue": comparison.catalogue},
            }
        ],
    }


def _rule(name: str) -> dict[str, Any]:
    text = _RULES.get(name, "It could not be decided whether more is allowed")
    return {"id": name, "shortDescription": {"text": text}, "properties": {"tags": ["security"]}}


def _result(finding: Finding) -> dict[str, Any]:
    because = "".join(f" {danger[0].upper()}{danger[1:]}." for danger in dangers(finding))
    whose = f"{finding.subject}: " if finding.subject else ""
    message = (
        f"{whose}{finding.title}. Newly allowed, for example: {finding.witness}. Reaches {reached(finding)}.{because}"
    )
    place = finding.location.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": place.document}}
    if place.position:
        physical["region"] = {"startLine": place.position.line, "startColumn": place.position.column}
    fingerprint = hashlib.sha256(f"{finding.subject}|{finding.cause}|{finding.location.to_json()}".encode()).hexdigest()
    return {
        "ruleId": finding.cause,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [
            {
                "physicalLocation": physical,
                "logicalLocations": [{"fullyQualifiedName": finding.location.to_json()["path"] or "/"}],
            }
        ],
        "partialFingerprints": {"towpath/v1": fingerprint},
        "properties": {"security-severity": _SCORES[finding.severity], "finding": finding.to_json()},
    }


def _undecided(reason: Reason) -> dict[str, Any]:
    return {"ruleId": reason.code, "level": "error", "message": {"text": str(reason)}}
