"""A plausible word of a pattern: what documentation would write in place of its wildcards."""

from functools import lru_cache
from typing import Final

from towpath.privilege.language.pattern import Letter, Pattern, Run, Symbol, Word

EXAMPLE_ACCOUNT: Final = "111122223333"
_REGION_SEGMENT: Final = 3
_ACCOUNT_SEGMENT: Final = 4
_FILLINGS: Final = {_REGION_SEGMENT: "us-east-1", _ACCOUNT_SEGMENT: EXAMPLE_ACCOUNT}


@lru_cache(maxsize=16_384)
def example_of(pattern: Pattern) -> Word:
    """The pattern with each wildcard filled by what usually stands in that segment of an ARN."""
    word: list[Symbol] = []
    for token, following in zip(pattern.tokens, (*pattern.tokens[1:], None), strict=False):
        if isinstance(token, (str, Letter)):
            word.append(token)
        elif isinstance(token, Run):
            word.extend("aws" if word == list("arn:") else _FILLINGS.get(word.count(":"), "example"))
        elif not isinstance(following, Run):
            word.append("x")
    return tuple(word)
