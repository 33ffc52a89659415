"""How a document is written as text again: JSON for machines (what a packed release carries), YAML for people.

Both are deterministic, keep the order of keys, and read back to the same document.
"""

import json
from collections.abc import Mapping
from typing import Any


def dump_json(document: Mapping[str, Any], *, indent: int | None = 1) -> str:
    """The document as JSON with a final newline; non-ASCII characters are written as they are."""
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(document, indent=indent, separators=separators, ensure_ascii=False, allow_nan=False) + "\n"


def dump_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML in long form; texts that YAML 1.1 would read as something else are quoted."""
    import yaml  # here, so that those who write JSON do not pay for PyYAML

    class WithoutAliases(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

    return yaml.dump(document, Dumper=WithoutAliases, sort_keys=False, allow_unicode=True, width=120)
