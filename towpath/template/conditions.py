"""Whether the conditions of a template hold: true, false, or not known before deployment (Kleene's three values).

A condition may be assumed to hold or not while a branch is looked at; conditions defined by it follow.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, cast

from towpath.template.functions import function_of
from towpath.template.limits import MAX_DEPTH
from towpath.template.position import Path
from towpath.template.value import Symbol, Text, is_known, scalar_text

Evaluate = Callable[[Any, Path], Any]
Complain = Callable[[str, Path, str, str], None]


class Truth(Enum):
    """Whether a condition holds."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool) -> "Truth":
        """The truth of something known."""
        return cls.TRUE if value else cls.FALSE


class Conditions:
    """The conditions of one template; `evaluate` resolves what they compare, `complain` hears what is wrong."""

    def __init__(self, definitions: Mapping[str, Any], evaluate: Evaluate, complain: Complain) -> None:
        self._definitions = definitions
        self._evaluate = evaluate
        self._complain = complain
        self._found: dict[tuple[str, frozenset[tuple[str, bool]]], Truth] = {}
        self._open: list[str] = []

    def truth(self, name: str, assumed: Mapping[str, bool], path: Path) -> Truth:
        """Whether the condition called `name` holds under these assumptions; `path` is where it is asked for."""
        if name in assumed:
            return Truth.of(assumed[name])
        if name not in self._definitions:
            self._complain(
                "template-undefined-condition", path, f'No condition is called "{name}".', "Define it under Conditions."
            )
            return Truth.UNKNOWN
        key = (name, frozenset(assumed.items()))
        if key not in self._found:
            if name in self._open:
                circle = " → ".join([*self._open[self._open.index(name) :], name])
                self._complain(
                    "template-condition-circle", path, f"Conditions need each other: {circle}.", "Cut the circle."
                )
                return Truth.UNKNOWN
            if len(self._open) >= MAX_DEPTH:
                self._complain(
                    "template-condition-depth", path, "Conditions hang on one another too deeply.", "Shorten the chain."
                )
                return Truth.UNKNOWN
            self._open.append(name)
            self._found[key] = self.holds(self._definitions[name], assumed, ("Conditions", name))
            self._open.pop()
        return self._found[key]

    def holds(self, expression: Any, assumed: Mapping[str, bool], path: Path) -> Truth:
        """Whether a condition expression holds."""
        function = function_of(expression)
        if isinstance(expression, dict) and list(cast("dict[str, Any]", expression)) == ["Condition"]:
            function = "Condition"
        if function is None:
            return self._literal(expression, path)
        argument: Any = cast("dict[str, Any]", expression)[function]
        inner = (*path, function)
        if function == "Condition" and isinstance(argument, str):
            return self.truth(argument, assumed, inner)
        if function == "Fn::Equals":
            return self._equals(argument, inner)
        if function not in ("Fn::Not", "Fn::And", "Fn::Or"):
            return self._literal(self._evaluate(expression, path), path)
        parts: list[Any] = cast("list[Any]", argument) if isinstance(argument, list) else [argument]
        truths = [self.holds(part, assumed, (*inner, index)) for index, part in enumerate(parts)]
        return _combined(function, truths)

    def _equals(self, argument: Any, path: Path) -> Truth:
        parts = cast("list[Any]", argument) if isinstance(argument, list) else []
        if len(parts) != 2:
            self._complain("template-function", path, "Fn::Equals compares two values.", "Give it a list of two.")
            return Truth.UNKNOWN
        return equal(self._evaluate(parts[0], (*path, 0)), self._evaluate(parts[1], (*path, 1)))

    def _literal(self, value: Any, path: Path) -> Truth:
        text = scalar_text(value)
        if text in ("true", "false"):
            return Truth.of(text == "true")
        if is_known(value):
            self._complain(
                "template-function", path, "This is no condition.", "Use Fn::Equals, And, Or, Not or Condition."
            )
        return Truth.UNKNOWN


def equal(left: Any, right: Any) -> Truth:
    """Whether two resolved values are equal. Scalars compare as text, as CloudFormation does: `1` equals `"1"`."""
    if left == right and type(left) is type(right):
        return Truth.TRUE
    left_text, right_text = scalar_text(left), scalar_text(right)
    if left_text is not None and right_text is not None:
        return Truth.of(left_text == right_text)
    if is_known(left) and is_known(right):
        return Truth.of(left == right)
    if _cannot_match(left, right_text) or _cannot_match(right, left_text):
        return Truth.FALSE
    return Truth.UNKNOWN


def _cannot_match(partly_known: Any, text: str | None) -> bool:
    """Whether what is known at the ends of a text rules out that it is `text`."""
    if text is None or not isinstance(partly_known, Text):
        return False
    first, last = partly_known.parts[0], partly_known.parts[-1]
    wrong_start = not isinstance(first, Symbol) and not text.startswith(first)
    return wrong_start or (not isinstance(last, Symbol) and not text.endswith(last))


def _combined(function: str, truths: list[Truth]) -> Truth:
    if function == "Fn::Not":
        opposite = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}
        return opposite.get(truths[0], Truth.UNKNOWN) if len(truths) == 1 else Truth.UNKNOWN
    decisive, other = (Truth.FALSE, Truth.TRUE) if function == "Fn::And" else (Truth.TRUE, Truth.FALSE)
    if decisive in truths:
        return decisive
    return Truth.UNKNOWN if Truth.UNKNOWN in truths or not truths else other
