"""Artifacts for tests: a sound one, and the parts to spoil it with."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from towpath.release.archive import Member, archive_bytes

TEMPLATE: Mapping[str, Any] = {
    "Parameters": {
        "TowpathAssetBucket": {"Type": "String"},
        "TowpathAssetPrefix": {"Type": "String"},
        "LogLevel": {"Type": "String", "AllowedValues": ["INFO", "WARN"]},
    },
    "Resources": {
        "ApiFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Code": {"S3Bucket": {"Ref": "TowpathAssetBucket"}}},
        }
    },
}
CODE = b"def handler(event, context): return 'sound'\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def described(path: str, content: bytes) -> dict[str, Any]:
    return {"path": path, "sha256": sha256(content), "size": len(content)}


def artifact_files(
    template: Mapping[str, Any] | bytes = TEMPLATE, code: bytes = CODE, **manifest: Any
) -> dict[str, bytes]:
    """The files of an artifact whose manifest describes them truly, but for what is given to be otherwise."""
    asset = f"assets/{sha256(code)}"
    text = template if isinstance(template, bytes) else json.dumps(template).encode()
    document = {
        "format": 1,
        "service": "orders",
        "version": "1.2.0",
        "template": described("template.json", text),
        "assets": [described(asset, code)],
        "parameters": {"*": {"LogLevel": "INFO"}},
        "capabilities": [],
        **manifest,
    }
    return {"release.json": json.dumps(document).encode(), "template.json": text, asset: code}


def artifact(files: Mapping[str, bytes] | None = None) -> bytes:
    """The zip of these files, by default of a sound release."""
    return archive_bytes(Member(name, content) for name, content in (files or artifact_files()).items())
