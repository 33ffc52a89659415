"""Evaluates the values of one template: references and functions become values, symbols or pairs of branches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from towpath.template.conditions import Conditions, Truth
from towpath.template.functions import FUNCTIONS, function_of
from towpath.template.intrinsics import (
    STRICT,
    NotYetKnownError,
    WrongCallError,
    find_in_map,
    sub_parts,
    substitute,
    with_dynamic_references,
)
from towpath.template.loading import Template
from towpath.template.position import Path
from towpath.template.value import NO_VALUE, Either, Symbol, SymbolKind, assume, canonical, first_either
from towpath.verdict import Reason

_MOST_BRANCHES = 6
"""Unknown conditions that one function call is carried through; beyond them the call is one symbol."""


@dataclass(frozen=True, slots=True)
class KnownResource:
    """What is known of a deployed resource: its physical id (`Ref`) and attributes (`Fn::GetAtt`)."""

    physical_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Facts:
    """What every evaluation of one template shares."""

    template: Template
    references: Mapping[str, Any]
    """Parameters and pseudo parameters by name."""
    mappings: Mapping[str, Any]
    known: Mapping[str, KnownResource]
    resources: frozenset[str] = frozenset()
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Values of symbols by their text, for what somebody else knows: a change set, or the stack as it is."""
    has_transform: bool = False
    """A transform that is still to come may define names that the template does not."""
    problems: list[Reason] = field(default_factory=list[Reason])
    conditions: Conditions = field(init=False)


class Evaluator:
    """Resolves values under a set of assumed conditions."""

    __slots__ = ("_assumed", "_facts", "_guarded", "_references")

    def __init__(
        self,
        facts: Facts,
        *,
        references: Mapping[str, Any] | None = None,
        assumed: Mapping[str, bool] | None = None,
        guarded: bool = False,
    ) -> None:
        self._facts = facts
        self._references = facts.references if references is None else references
        self._assumed: Mapping[str, bool] = assumed or {}
        self._guarded = guarded

    def assuming(self, condition: str, truth: bool) -> "Evaluator":
        """The same evaluation in a world where the condition holds or not; problems there may never come to be."""
        return Evaluator(
            self._facts, references=self._references, assumed={**self._assumed, condition: truth}, guarded=True
        )

    def truth(self, condition: str, path: Path) -> Truth:
        """Whether a condition of the template holds here."""
        return self._facts.conditions.truth(condition, self._assumed, path)

    def complain(self, code: str, path: Path, message: str, remedy: str) -> None:
        """Notes a problem, unless this is a branch that may not be taken."""
        if not self._guarded:
            self._facts.problems.append(Reason(code, message, self._facts.template.place(path), remedy))

    def value(self, node: Any, path: Path) -> Any:
        """The resolved form of a node of the document that stands at `path`."""
        if isinstance(node, str):
            return with_dynamic_references(node)
        if isinstance(node, list):
            items = [self.value(item, (*path, index)) for index, item in enumerate(cast("list[Any]", node))]
            return [item for item in items if item is not NO_VALUE]
        function = function_of(node)
        if function is not None and (function in FUNCTIONS or function.startswith("Fn::")):
            return self._call(function, node[function], (*path, function))
        if not isinstance(node, dict):
            return node
        entries = {key: self.value(item, (*path, key)) for key, item in cast("dict[str, Any]", node).items()}
        return {key: item for key, item in entries.items() if item is not NO_VALUE}

    def _call(self, name: str, argument: Any, path: Path) -> Any:
        if name == "Ref":
            return self._ref(argument, path)
        if name == "Fn::If":
            return self._if(argument, path)
        if name == "Fn::GetAtt":
            return self._get_att(argument, path)
        if name in _CONDITION_FUNCTIONS:
            return self._condition(name, argument, path)
        if name == "Fn::Sub":
            return self._sub(argument, path)
        function = find_in_map(self._facts.mappings) if name == "Fn::FindInMap" else STRICT.get(name, _unknown)
        return self._apply(name, function, self.value(argument, path), path)

    def _apply(self, name: str, function: Callable[[Any], Any], argument: Any, path: Path, depth: int = 0) -> Any:
        """The function's value; branches in the argument become branches of the value."""
        either = first_either(argument)
        if either is not None and depth < _MOST_BRANCHES:
            return self._branch(either.condition, name, function, argument, path, depth)
        try:
            if either is not None:
                raise NotYetKnownError
            return function(argument)
        except NotYetKnownError:
            kind = SymbolKind.IMPORT if name in ("Fn::ImportValue", "Fn::GetStackOutput") else SymbolKind.CALL
            return self._told(Symbol(f"{name}({canonical(argument)})", kind))
        except WrongCallError as error:
            if depth == 0:
                self._invalid(path, f"{name} cannot be evaluated: {error}.")
            return Symbol(f"{name}({canonical(argument)})", SymbolKind.INVALID)

    def _branch(
        self, condition: str, name: str, function: Callable[[Any], Any], argument: Any, path: Path, depth: int
    ) -> Any:
        truth = self.truth(condition, path)
        if truth is not Truth.UNKNOWN:
            return self._apply(name, function, assume(argument, {condition: truth is Truth.TRUE}), path, depth)
        taken, other = (
            self.assuming(condition, holds)._apply(
                name, function, assume(argument, {condition: holds}), path, depth + 1
            )
            for holds in (True, False)
        )
        return taken if taken == other else Either(condition, taken, other)

    def _invalid(self, path: Path, message: str) -> None:
        self.complain("template-function", path, message, "Correct the call.")

    def _ref(self, argument: Any, path: Path) -> Any:
        name = argument if isinstance(argument, str) else self.value(argument, path)
        if isinstance(name, (Symbol, Either)) or not isinstance(name, str):
            return Symbol(f"Ref({canonical(name)})", SymbolKind.CALL)
        if name in self._references:
            value = self._references[name]
            return with_dynamic_references(value) if isinstance(value, str) else value
        known = self._facts.known.get(name)
        if known is not None and known.physical_id is not None:
            return known.physical_id
        self._check_resource(name.partition(".")[0], path)
        return self._told(Symbol(f"${{{name}}}", SymbolKind.RESOURCE, logical_id=name))

    def _get_att(self, argument: Any, path: Path) -> Any:
        parts: list[Any] = (
            list(argument.partition(".")[::2]) if isinstance(argument, str) else self.value(argument, path)
        )
        if not isinstance(parts, list) or len(parts) < 2 or not all(isinstance(part, str) for part in parts):  # pyright: ignore[reportUnnecessaryIsInstance]
            return self._apply("Fn::GetAtt", _not_resolvable, parts, path)
        logical_id, attribute = parts[0], ".".join(parts[1:])
        known = self._facts.known.get(logical_id)
        if known is not None and attribute in known.attributes:
            return known.attributes[attribute]
        self._check_resource(logical_id, path)
        return self._told(Symbol(f"${{{logical_id}.{attribute}}}", SymbolKind.ATTRIBUTE, logical_id, attribute))

    def _told(self, symbol: Symbol) -> Any:
        return self._facts.told.get(symbol.text, symbol)

    def _check_resource(self, logical_id: str, path: Path) -> None:
        facts = self._facts
        if logical_id not in facts.resources and logical_id not in facts.known and not facts.has_transform:
            self.complain(
                "template-undefined-reference",
                path,
                f'Nothing in the template is called "{logical_id}".',
                "Correct the name, or declare the resource or parameter.",
            )

    def _if(self, argument: Any, path: Path) -> Any:
        parts = cast("list[Any]", argument) if isinstance(argument, list) else []
        if len(parts) != 3 or not isinstance(parts[0], str):
            self._invalid(path, "Fn::If takes a condition's name and two values.")
            return Symbol(f"Fn::If({canonical(argument)})", SymbolKind.INVALID)
        condition = parts[0]
        truth = self.truth(condition, path)
        if truth is not Truth.UNKNOWN:
            branch = 1 if truth is Truth.TRUE else 2
            return self.value(parts[branch], (*path, branch))
        taken = self.assuming(condition, True).value(parts[1], (*path, 1))
        other = self.assuming(condition, False).value(parts[2], (*path, 2))
        return taken if taken == other else Either(condition, taken, other)

    def _condition(self, name: str, argument: Any, path: Path) -> Any:
        truth = self._facts.conditions.holds({name: argument}, self._assumed, path[:-1])
        if truth is Truth.UNKNOWN:
            return Symbol(f"{name}({canonical(self.value(argument, path))})", SymbolKind.CALL)
        return truth is Truth.TRUE

    def _sub(self, argument: Any, path: Path) -> Any:
        text, given = argument, {}
        if isinstance(argument, list) and len(cast("list[Any]", argument)) == 2:
            text, given = cast("list[Any]", argument)
        if not isinstance(text, str) or not isinstance(given, dict):
            self._invalid(path, "Fn::Sub takes a text, or a text and a mapping.")
            return Symbol(f"Fn::Sub({canonical(argument)})", SymbolKind.INVALID)
        own = cast("dict[str, Any]", given)
        values = {
            name: self.value(own[name], (*path, 1, name)) if name in own else self._named(name, path)
            for _, name in sub_parts(text)
            if name is not None
        }
        return self._apply("Fn::Sub", lambda resolved: substitute(text, resolved), values, path)

    def _named(self, name: str, path: Path) -> Any:
        if "." in name and name not in self._references:
            return self._get_att(name, path)
        return self._ref(name, path)


_CONDITION_FUNCTIONS = frozenset({"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"})


def _unknown(_argument: Any) -> Any:
    raise NotYetKnownError


def _not_resolvable(argument: Any) -> Any:
    if not isinstance(argument, (list, str, Symbol)):
        raise WrongCallError("it takes a logical id and an attribute")
    raise NotYetKnownError
