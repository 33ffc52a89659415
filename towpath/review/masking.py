"""Which values a plan may show. A secret is never written into a plan; that it changed is.

A dynamic reference (`{{resolve:secretsmanager:...}}`) is not a secret: it names one, and reviewers need to see it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any, cast

_SECRET_NAME = re.compile(
    r"(secret(?!_?(arn|id|name|ref)s?$)|password|passwd|passphrase|token(?!_?(arn|url|endpoint)s?$)|api_?key|private_?key|"
    r"access_?key|credential|connection_?string|auth_?header)",
    re.IGNORECASE,
)
_WHOLE_REFERENCE = re.compile(r"\{\{resolve:[^{}]+\}\}")
_NOT_SECRET = re.compile(r"^(arn:[^:\s]*:|\{\{changeSet:|true$|false$)")
# Words that hold a name of a secret, not the secret.
_REFERENCE_NAMES = re.compile(
    r"(arn|arns|id|ids|name|names|policy|policies|type|enabled|length|rotation|rules)$", re.IGNORECASE
)


class Mask:
    """Replaces secret values by a mark that tells whether two of them are the same, and no more.

    `secrets` are the values of NoEcho parameters: wherever one turns up it is masked. The mark is keyed with `salt`,
    so that a short secret cannot be found by trying all of them against a plan.
    """

    def __init__(self, secrets: Collection[str] = (), *, salt: bytes) -> None:
        self._secrets = sorted((value for value in secrets if len(value) >= 4), key=len, reverse=True)
        self._salt = salt

    def value(self, value: Any, path: tuple[str, ...] = ()) -> Any:
        """`value` with every secret in it replaced; `path` are the property names that lead to it."""
        if isinstance(value, Mapping):
            entries = cast(Mapping[str, Any], value)
            return {key: self.value(item, (*path, key)) for key, item in entries.items()}
        if isinstance(value, list):
            return [self.value(item, path) for item in cast(list[Any], value)]
        if isinstance(value, str):
            return self._text(value, path)
        return value

    def _text(self, text: str, path: tuple[str, ...]) -> str:
        if path and _names_a_secret(path[-1]) and not _is_reference(text):
            return self._mark(text)
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, self._mark(secret))
        return text

    def _mark(self, secret: str) -> str:
        digest = hashlib.blake2b(secret.encode(), key=self._salt[:64], digest_size=4).hexdigest()
        return f"(secret {digest})"


def _names_a_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _REFERENCE_NAMES.search(name)


def _is_reference(text: str) -> bool:
    return not text or bool(_WHOLE_REFERENCE.fullmatch(text) or _NOT_SECRET.match(text))
