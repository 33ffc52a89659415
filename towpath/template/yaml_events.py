"""Turns a YAML text into PyYAML's events, and what keeps it from being YAML into a template error with its place."""

from collections.abc import Iterator

import yaml

from towpath.template.error import TemplateError
from towpath.template.position import Position

STANDARD = "tag:yaml.org,2002:"
"""What the names of YAML's own tags begin with; `!!str` is short for it and `str`."""
_REMEDIES = (
    ("'\\t'", "Indent with spaces; YAML does not allow tabs there."),
    ("found '<tag>'", "Only one short tag fits in front of a value; write the outer function in long form (Fn::...:)."),
    ("could not find expected ':'", "Check the indentation and the colon of this line and of the one above it."),
    ("mapping values are not allowed", "Put the value in quotes, or start a new line after the first colon."),
    ("found undefined alias", "Define the anchor (&name) above the alias (*name)."),
    ("unquoted", "Put the value in quotes."),
)


def parse_events(text: str, name: str) -> Iterator[yaml.Event]:
    """The events of a text called `name`. Raises TemplateError at the place where it stops being YAML."""
    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise _not_yaml(name, where, said) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        where = Position(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        said = f"the character U+{ord(text[error.position]):04X} is not allowed"
        raise _not_yaml(name, where, said) from None
    except (ValueError, OverflowError) as error:  # a \U escape or a version beyond every range
        raise _not_yaml(name, Position(1, 1), str(error)) from None


def start_of(event: yaml.Event) -> Position:
    """Where an event stands in the text."""
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)


def _not_yaml(name: str, where: Position, said: str) -> TemplateError:
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in said), "Correct the YAML at this place.")
    return TemplateError.at(name, where, "template-not-yaml", f"Not readable as YAML: {said}.", remedy)
