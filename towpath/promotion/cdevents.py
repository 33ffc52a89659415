"""Which of our events CDEvents v0.5.1 knows, and how it says them.

A verified release is a published artifact; a live one is a deployed service the first time and an upgraded one after; a
rolled back one names the artifact that serves again; the probes of a phase are a finished run of a test suite. What
CDEvents has no word for is not bent into one that it has. Source: https://github.com/cdevents/spec, v0.5.1, the
documents on continuous integration, continuous deployment and testing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

SPECIFICATION = "0.5.1"
_SOURCE = "/towpath"


def package_url(service: str, version: str, digest: str = "") -> str:
    """The release as a package URL (github.com/package-url/purl-spec): `pkg:generic/orders@1.2.0?checksum=…`."""
    checksum = f"?checksum=sha256:{digest}" if digest else ""
    return f"pkg:generic/{quote(service, safe='')}@{quote(version, safe='')}{checksum}"


def rendering(kind: str, detail: Mapping[str, Any]) -> dict[str, Any] | None:
    """The CDEvent of an event's detail, or None when CDEvents has none for this kind."""
    if kind == "Release Verified":
        purl = package_url(detail["service"], detail["version"], detail.get("digest", ""))
        return _event("artifact.published.0.3.0", detail, purl, {})
    if kind == "Promotion Succeeded" and detail.get("outcome") != "unchanged":
        predicate = "upgraded" if detail.get("previous_version") else "deployed"
        return _service(predicate, detail, detail["version"], detail.get("digest", ""))
    if kind == "Promotion Rolled Back" and detail.get("previous_version"):
        return _service("rolledback", detail, detail["previous_version"], detail.get("previous_digest", ""))
    if kind == "Probes Finished":
        return _tested(detail)
    return None


def _tested(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Probes are a suite; one that could not be judged is an error unless another one failed."""
    found = {result["outcome"] for result in detail["results"]}
    outcome = "failure" if "refused" in found else "error" if "inconclusive" in found else "success"
    suite = {"id": f"{detail['service']}/{detail['phase']}", "version": detail["version"]}
    content = {"environment": {"id": detail["environment"]}, "outcome": outcome, "reason": detail["says"]}
    subject = f"{detail['promotion']}/{detail['phase']}"
    return _event("testsuiterun.finished.0.3.0", detail, subject, {**content, "testSuite": suite})


def _service(predicate: str, detail: Mapping[str, Any], version: str, digest: str) -> dict[str, Any]:
    content = {
        "environment": {"id": detail["environment"]},
        "artifactId": package_url(detail["service"], version, digest),
    }
    return _event(f"service.{predicate}.0.3.0", detail, f"service/{detail['service']}", content)


def _event(kind: str, detail: Mapping[str, Any], subject: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "context": {
            "specversion": SPECIFICATION,
            "id": detail["id"],
            "chainId": detail["chain"],
            "source": _SOURCE,
            "type": f"dev.cdevents.{kind}",
            "timestamp": detail["time"],
        },
        "subject": {"id": subject, "source": _SOURCE, "content": dict(content)},
    }
