"""How a rewritten template is written: JSON, readable when it fits, compact when only that fits.

JSON, because every reader of a release (a Lambda without YAML's C library among them) then reads it in milliseconds,
and because its bytes depend on nothing but the document.
"""

from towpath.release.pack.findings import Findings
from towpath.template.dumping import dump_json
from towpath.template.loading import Template

MAX_TEMPLATE_BYTES = 1_000_000
"""What CloudFormation takes from S3.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


def template_text(template: Template, findings: Findings) -> bytes:
    """The template as it stands in the release; a refusal is noted when no form of it fits."""
    readable = dump_json(template.document).encode()
    if len(readable) <= MAX_TEMPLATE_BYTES:
        return readable
    compact = dump_json(template.document, indent=None).encode()
    if len(compact) > MAX_TEMPLATE_BYTES:
        said = f"The template has {len(compact):,} bytes; CloudFormation takes {MAX_TEMPLATE_BYTES:,}."
        findings.refuse("template-too-large", said, template.name, "Split it into nested stacks.")
    return compact
