"""Decides whether an upload is a sound release, and keeps what the later steps need of it.

Input: `event` (S3's `Object Created` from EventBridge), `execution`. Output: outcome `sound` with `release`, `rejected`
with `release` as far as it is known and `verdict`, or `ignored` for what is not an upload of a release.
"""

from __future__ import annotations

import json
from typing import Any

from towpath.aws.runtime import Runtime, runtime
from towpath.aws.step import logger
from towpath.promotion.records import Release, chain_id, to_moment
from towpath.promotion.uploads import Uploaded, read_upload
from towpath.release.intake import take_in
from towpath.release.manifest import Manifest
from towpath.release.verification import Verification
from towpath.verdict import Verdict

# What travels between states and into the event stays small, however many mistakes an artifact has.
_MOST_REASONS = 20


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    ports, uploaded = runtime(), read_upload(event["event"])
    if uploaded is None or uploaded.bucket != ports.variable("TOWPATH_RELEASE_BUCKET"):
        return {"outcome": "ignored", "says": "This is not an upload of a release."}
    stored = ports.artifacts.find(uploaded.key, uploaded.version_id or None)
    if isinstance(stored, Verdict):
        return _rejected(uploaded, Verification(stored))
    environments = ports.settings.path_of(uploaded.service)
    found = take_in(ports.artifacts, uploaded.key, stored.version_id or None, environments)
    if found.manifest is None or not found.verdict.is_passed:
        return _rejected(uploaded, found)
    release = _release(ports, uploaded, found.manifest, found.digest, stored.modified)
    says = f"{release.service} {release.version} is sound: {found.size:,} bytes, SHA-256 {release.digest}."
    logger.info("the artifact is sound", correlation_id=release.chain)
    return {"outcome": "sound", "says": says, "release": release.to_json()}


def _release(ports: Runtime, uploaded: Uploaded, manifest: Manifest, digest: str, modified: str) -> Release:
    content = json.dumps(manifest.document, sort_keys=True, ensure_ascii=False).encode()
    return Release(
        service=manifest.service,
        version=manifest.version,
        digest=digest,
        chain=chain_id(manifest.service, manifest.version, digest),
        upload=uploaded.at(to_moment(modified)),
        stack=manifest.stack or manifest.service,
        manifest=ports.documents.put("manifest", content),
    )


def _rejected(uploaded: Uploaded, found: Verification) -> dict[str, Any]:
    release = uploaded.unverified(found.digest)
    short = found.verdict.brief(_MOST_REASONS)
    says = f"{uploaded.key} is rejected: {short.reasons[0]}"
    logger.info("the artifact is rejected", correlation_id=release.chain, says=says)
    return {"outcome": "rejected", "says": says, "release": release.to_json(), "verdict": short.to_json()}
