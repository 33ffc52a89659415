"""Where statements use policy variables, `${aws:username}`, and which keys those are."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from towpath.privilege.language.pattern import Variable
from towpath.privilege.language.reading import Reading, read_pattern
from towpath.privilege.statement import Statement, TextValue

_NAME: Final = re.compile(r"\$\{\s*([^{},*?$\s]+)")
_READING: Final = Reading(variables=True)


def variable_keys(statement: Statement) -> frozenset[str]:
    """The keys that a statement uses as variables, in lower case."""
    if not statement.variables:
        return frozenset()
    texts = (text for found in places_of([statement]).values() for text in found)
    return frozenset(token.key for text in texts for token in variables_in(text))


def places_of(statements: Iterable[Statement]) -> dict[str, dict[TextValue, None]]:
    """The texts that are compared with the same thing: resources, and the values of each key."""
    found: dict[str, dict[TextValue, None]] = {}
    for statement in statements:
        if statement.resources is not None:
            found.setdefault("", {}).update(dict.fromkeys(statement.resources.texts))
        for condition in statement.conditions:
            found.setdefault(condition.key, {}).update(dict.fromkeys(condition.values))
    return found


def variables_in(text: TextValue) -> list[Variable]:
    """The variables of one text."""
    if "${" not in str(text):
        return []
    return [token for token in read_pattern(text, _READING).tokens if isinstance(token, Variable)]


def written_variables(statements: Iterable[Statement]) -> Iterator[tuple[str, str]]:
    """The keys that are used as variables, in lower case and as written."""
    for texts in places_of(statements).values():
        for text in texts:
            yield from ((name.lower(), name) for name in _NAME.findall(str(text)))
