"""Where the catalogue of AWS's managed policies comes from: the copy that moto (Apache-2.0) keeps of them.

`python tests/unit/privilege/gathering/managed_policy_source.py` writes the catalogue again.
"""

import json
import lzma
from pathlib import Path
from typing import Any, cast

from moto.iam.aws_managed_policies import aws_managed_policies_data

_OF_SERVICES = "/aws-service-role/"
"""Policies that only AWS attaches, to the roles of its services."""
TARGET = Path(__file__).resolve().parents[4] / "towpath" / "privilege" / "data" / "aws_managed_policies.json.xz"


def catalogue() -> dict[str, Any]:
    """The day of the newest policy, and by path and name each policy's version and document (as JSON text)."""
    found: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return {
        "source": "moto, Apache-2.0, https://github.com/getmoto/moto",
        "day": max(policy["UpdateDate"] for policy in found.values())[:10],
        "policies": {
            policy["Path"][1:] + name: [policy["DefaultVersionId"], _text(policy["Document"])]
            for name, policy in sorted(found.items())
            if policy["Path"] != _OF_SERVICES
        },
    }


def _text(document: dict[str, Any]) -> str:
    """The document without its Sids, which nobody refers to."""
    found: Any = document["Statement"]
    statements = cast("list[dict[str, Any]]", found if isinstance(found, list) else [found])
    bare = [{name: value for name, value in item.items() if name != "Sid"} for item in statements]
    return json.dumps({**document, "Statement": bare}, separators=(",", ":"))


if __name__ == "__main__":
    text = json.dumps(catalogue(), separators=(",", ":"), sort_keys=True)
    TARGET.write_bytes(lzma.compress(text.encode(), preset=9))
