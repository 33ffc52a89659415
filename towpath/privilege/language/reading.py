"""How a text of a policy becomes a pattern: wildcards, escapes, policy variables, unknown parts, segments of an ARN.

Variables and escapes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
ARN operators compare six segments one by one:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from towpath.privilege.language.pattern import Letter, One, Pattern, Run, Token, Variable, pattern_of
from towpath.template.value import Symbol, Text

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"(.+?)\s*,\s*'(.*)'\s*", re.DOTALL)
_ESCAPES = frozenset("*?$")
_ARN_SEGMENTS = 6

Assumptions = Mapping[str, str | Letter | None]
"""What each context key that is used as a variable is taken to be: a text, something unknown, or absent."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the texts of one element are meant: what `${...}`, `*` and `?` are, whether case counts, whether the text is
    an ARN whose segments are compared one by one."""

    variables: bool = False
    wildcards: bool = True
    fold: bool = False
    segments: bool = False


def read_pattern(value: str | Symbol | Text, reading: Reading) -> Pattern:
    """The pattern that a text means. An unknown part becomes a letter."""
    parts = value.parts if isinstance(value, Text) else (value,)
    tokens: list[Token] = []
    for part in parts:
        tokens.extend([Letter(part.text)] if isinstance(part, Symbol) else _tokens(part, reading))
    return pattern_of(_in_segments(tokens) if reading.segments else tokens, fold=reading.fold)


def _tokens(text: str, reading: Reading) -> Iterator[Token]:
    done = 0
    for match in _VARIABLE.finditer(text) if reading.variables else ():
        yield from _plain(text[done : match.start()], reading)
        name = match.group(1).strip()
        yield name if name in _ESCAPES else _variable(name)
        done = match.end()
    yield from _plain(text[done:], reading)


def _variable(name: str) -> Variable:
    with_default = _DEFAULT.fullmatch(name)
    if with_default:
        return Variable(with_default.group(1).lower(), with_default.group(2))
    return Variable(name.lower())


def _plain(text: str, reading: Reading) -> Iterator[Token]:
    if not reading.wildcards:
        yield from text
        return
    for character in text:
        yield Run() if character == "*" else One() if character == "?" else character


def _in_segments(tokens: Iterable[Token]) -> Iterator[Token]:
    """Wildcards of all segments but the last stay within theirs; `*` in the last may run past colons."""
    listed = list(tokens)
    last = min(listed.count(":"), _ARN_SEGMENTS - 1)
    segment = 0
    for item in listed:
        segment += item == ":"
        if segment < last and isinstance(item, (Run, One)):
            yield type(item)(":")
        else:
            yield item


def assuming(pattern: Pattern, assumptions: Assumptions | None) -> Pattern | None:
    """The pattern with its variables replaced; None if one of them has no value and no default, for then the pattern
    matches nothing (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value)."""
    if assumptions is None or not pattern.has_variables:
        return pattern
    tokens: list[Token] = []
    for token in pattern.tokens:
        if not isinstance(token, Variable):
            tokens.append(token)
            continue
        value = assumptions.get(token.key)
        value = token.default if value is None else value
        if value is None:
            return None
        tokens.extend([value] if isinstance(value, Letter) else value)
    return pattern_of(tokens, fold=pattern.fold)
