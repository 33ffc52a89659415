"""Where the catalogue of AWS's managed policies comes from: the copy that moto (Apache-2.0) keeps of them.

`python tests/unit/privilege/gathering/managed_policy_source.py` writes the catalogue again.
"""

import gzip
import json
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

TARGET = Path(__file__).resolve().parents[4] / "towpath" / "privilege" / "data" / "aws_managed_policies.json.gz"


def catalogue() -> dict[str, Any]:
    """The day of the newest policy, and by path and name each policy's version and document (as JSON text)."""
    found: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return {
        "source": "moto, Apache-2.0, https://github.com/getmoto/moto",
        "day": max(policy["UpdateDate"] for policy in found.values())[:10],
        "policies": {
            policy["Path"][1:] + name: [
                policy["DefaultVersionId"],
                json.dumps(policy["Document"], separators=(",", ":")),
            ]
            for name, policy in sorted(found.items())
        },
    }


if __name__ == "__main__":
    text = json.dumps(catalogue(), separators=(",", ":"), sort_keys=True)
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
