"""Says in words why a side's judgements add up to its answer: what decides, what came near, what is not known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from towpath.privilege.explaining.answer import Answer, Line, Outcome, nearest
from towpath.privilege.explaining.judgement import judge
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind, Policy
from towpath.template.conditions import Truth

_HINTS: Final = {
    "${AWS.Region}": "the region is not known: give it with --region",
    "${AWS.AccountId}": "the account is not known: give it with --account",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """Policies of one kind: `name` is what people call them, `opaque` names those whose content is not known."""

    name: str
    kind: Kind
    policies: tuple[Policy, ...] = ()
    opaque: tuple[str, ...] = ()
    applies: Truth = Truth.TRUE
    limits: bool = False

    def lines(self, request: Request) -> list[Line]:
        """Every statement with its judgement."""
        statements = (item for policy in self.policies for item in policy.statements)
        return [Line(self.name, judge(request, item, self.kind, self.applies)) for item in statements]


@dataclass(frozen=True, slots=True)
class Wording:
    """What was judged, and how it adds up; `hidden` is what is not in sight."""

    layers: list[Layer]
    by_layer: list[tuple[Layer, Line]]
    hidden: tuple[str, ...]
    boundary: Truth
    at_resource: Truth
    needs_resource: bool
    is_principal: bool
    at_home: Truth

    def answer(self, allowed: Truth) -> Answer:
        """The outcome with the sentence that says why."""
        outcome = Outcome.of(allowed)
        matching = [(layer, line) for layer, line in self.by_layer if line.judged.truth is Truth.TRUE]
        denies = tuple(line for _, line in matching if not line.judged.statement.allows)
        allows = tuple(line for layer, line in matching if line.judged.statement.allows and not layer.limits)
        within = tuple(line for layer, line in matching if line.judged.statement.allows and layer.limits)[:1]
        near = nearest(line for _, line in self.by_layer)
        if denies:
            return Answer(outcome, f"Denied explicitly by {denies[0]}.", denies[:1], near)
        if outcome is Outcome.ALLOWED:
            shown = tuple({line.layer: line for line in reversed(allows)}.values())[::-1]
            limit = "".join(f", within what {line} allows" for line in within)
            sentence = f"Allowed by {' and '.join(map(str, shown))}{limit}."
            return Answer(outcome, sentence, (*shown, *within), near, notes=tuple(self._notes()))
        if outcome is Outcome.DENIED:
            return Answer(outcome, self._silence(allows), allows, near)
        open_lines = tuple(line for _, line in self.by_layer if line.judged.truth is Truth.UNKNOWN)
        hangs = (*(f"{line}: {'; '.join(line.judged.because)}" for line in open_lines), *self.hidden)
        if self.at_home is Truth.UNKNOWN:
            hangs = (*hangs, "the account at home is not known: give it with --account")
        hangs = (*hangs, *(hint for name, hint in _HINTS.items() if any(name in text for text in hangs)))
        sentence = "Not known: what is in sight neither allows nor denies it for certain."
        if allows:
            sentence = f"Not known: allowed by {allows[0]}, but that is not all that counts."
        return Answer(outcome, sentence, allows, near, hangs)

    def _silence(self, allows: tuple[Line, ...]) -> str:
        if self.needs_resource and self.at_resource is Truth.FALSE:
            return "Denied implicitly: the policy of the resource must allow it, and no Allow of it matches."
        if allows and self.boundary is Truth.FALSE:
            named = next(layer.name for layer in self.layers if layer.limits)
            return f"Denied implicitly: {allows[0]} matches, but {named} does not allow it."
        if allows:
            return f"Denied implicitly: {allows[0]} leaves it to the identity policies, which do not."
        return "Denied implicitly: no Allow matches the request."

    def _notes(self) -> Iterator[str]:
        if self.is_principal and self.at_home is Truth.FALSE:
            yield "The principal is of another account, whose own policies must allow the request as well."
