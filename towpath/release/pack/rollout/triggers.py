"""Moves what calls a function to its alias, so that a traffic shift shifts what really calls it.

Every reference is moved, kept, or refused with its place; nothing is passed over silently. A permission goes along with
the trigger that it is for; one for callers outside the template stays, and the alias gets one like it.
"""

import copy
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from towpath.release.pack.findings import Findings
from towpath.release.pack.packed import MovedReference
from towpath.release.pack.rollout.expression import point_at_alias, references, refers_to
from towpath.release.pack.rollout.places import Treatment, treatment
from towpath.release.pack.rollout.policies import allow_alias
from towpath.release.pack.rollout.versions import depends_on
from towpath.release.pack.rollout.wish import AliasName, RolloutWish
from towpath.template.loading import Template
from towpath.template.position import Path, json_path
from towpath.template.traversal import mapping, walk

_TEXTS = ("AWS::StepFunctions::StateMachine",)
"""Where a name may stand inside a longer text, so that it must stay a name."""
_FUNCTION_CALLS = ("Ref", "Fn::GetAtt", "Fn::Sub")


class Triggers:
    """The references to one function under rollout, in a document that is changed in place."""

    def __init__(
        self, template: Template, document: dict[str, Any], alias: AliasName, wish: RolloutWish, findings: Findings
    ) -> None:
        self._template = template
        self._resources = mapping(document["Resources"])
        self._document = document
        self._alias = alias
        self._wish = wish
        self._findings = findings
        self.moved: list[MovedReference] = []

    def move(self) -> None:
        """Moves the references; refuses, with every place, when one cannot be moved safely."""
        before = copy.deepcopy(self._resources)
        for logical_id, resource in list(self._resources.items()):
            entry = mapping(resource)
            if logical_id != self._alias.function and isinstance(entry.get("Properties"), dict):
                self._resource(logical_id, entry, before)
        self._refuse_names_in_text()
        self._note_outputs()

    def _resource(self, logical_id: str, entry: dict[str, Any], before: dict[str, Any]) -> None:
        kind = str(entry.get("Type"))
        if kind == "AWS::Lambda::Permission":
            self._permission(logical_id, entry, before)
        elif kind in ("AWS::Lambda::Url", "AWS::Lambda::EventInvokeConfig"):
            self._qualified(logical_id, entry)
        for path in list(self._places(mapping(entry["Properties"]))):
            self._reference(logical_id, entry, kind, path)

    def _places(self, properties: dict[str, Any]) -> Iterator[Path]:
        """The paths, below the properties, of the function calls that name the function."""
        found: list[Path] = []
        for path, value in walk(properties):
            if any(path[: len(outer)] == outer for outer in found):
                continue
            if mapping(value).keys() & set(_FUNCTION_CALLS) and refers_to(value, self._alias.function):
                found.append(path)
        return iter(found)

    def _reference(self, logical_id: str, entry: dict[str, Any], kind: str, path: Path) -> None:
        place = json_path(("Resources", logical_id, "Properties", *path))
        how = treatment(kind, path)
        if any(fnmatchcase(place, pattern) for pattern in self._wish.keep) or how is Treatment.KEEP:
            return
        if how is Treatment.ASK:
            self._refuse(place, ("Resources", logical_id, "Properties", *path))
        elif how is Treatment.ALLOW:
            added = allow_alias(entry["Properties"], path, self._alias)
            self._list(place, added) if added else None
        else:
            self._move(entry, kind, path, place)

    def _move(self, entry: dict[str, Any], kind: str, path: Path, place: str) -> None:
        old = _get(entry["Properties"], path)
        whole = old == {"Ref": self._alias.function} and kind not in _TEXTS and "Body" not in path
        new = {"Ref": self._alias.alias} if whole else point_at_alias(old, self._alias)
        if new == old:
            return
        _set(entry["Properties"], path, new)
        if not refers_to(new, self._alias.alias):
            depends_on(entry, self._alias.alias)
        self._list(place, f"{self._alias.alias} (alias {self._alias.name})")

    def _permission(self, logical_id: str, entry: dict[str, Any], before: dict[str, Any]) -> None:
        """A permission that anybody outside the template may rely on is doubled instead of moved."""
        properties = mapping(entry["Properties"])
        if not refers_to(properties.get("FunctionName"), self._alias.function):
            return
        inside = any(name in before for name, _ in references(properties.get("SourceArn")))
        if inside or "FunctionUrlAuthType" in properties or "InvokedViaFunctionUrl" in properties:
            properties["FunctionName"] = {"Ref": self._alias.alias}
            self._list(json_path(("Resources", logical_id, "Properties", "FunctionName")), self._alias.alias)
            return
        twin = copy.deepcopy(entry)
        twin["Properties"]["FunctionName"] = {"Ref": self._alias.alias}
        self._resources[f"{logical_id}{self._alias.alias}"] = twin
        self._wish = RolloutWish(
            self._wish.function,
            self._wish.strategy,
            self._wish.alarms,
            (*self._wish.keep, json_path(("Resources", logical_id, "Properties", "FunctionName"))),
        )
        place = json_path(("Resources", logical_id))
        self._list(place, f"kept, and {logical_id}{self._alias.alias} allows the same on the alias")
        self._findings.notice(
            "callers-outside",
            f"{logical_id} lets callers outside the template call {self._alias.function}; "
            "those that name no alias are not part of a traffic shift.",
            self._template.place(("Resources", logical_id)),
            f"Give them the alias {self._alias.name}.",
        )

    def _qualified(self, logical_id: str, entry: dict[str, Any]) -> None:
        """Function URLs and destinations name the alias in a property of its own."""
        properties = mapping(entry["Properties"])
        named = properties.get("TargetFunctionArn", properties.get("FunctionName"))
        if not refers_to(named, self._alias.function) or properties.get("Qualifier") not in (None, "$LATEST"):
            return
        properties["Qualifier"] = self._alias.name
        depends_on(entry, self._alias.alias)
        place = json_path(("Resources", logical_id, "Properties", "Qualifier"))
        self._list(place, f"alias {self._alias.name}")
        if entry["Type"] == "AWS::Lambda::Url":
            said = f"The URL {logical_id} moves to the alias; one that exists already gets a new address."
            self._findings.notice("url-address", said, self._template.place(("Resources", logical_id)))

    def _list(self, place: str, now: str) -> None:
        self.moved.append(MovedReference(self._alias.function, place, now))

    def _refuse(self, place: str, path: Path) -> None:
        self._findings.refuse(
            "reference-not-movable",
            f"{place} refers to {self._alias.function}, and it cannot be told whether it calls it.",
            self._template.place(path),
            "Let it name the alias, or say that it may stay on the function: "
            f'keep = ["{place}"] under [rollout.{self._alias.function}] (or --keep).',
        )

    def _refuse_names_in_text(self) -> None:
        """A function with a name of its own can be called by that name, without any reference."""
        name = mapping(mapping(self._resources[self._alias.function]).get("Properties")).get("FunctionName")
        if not isinstance(name, str):
            return
        for logical_id, resource in self._resources.items():
            kind, properties = mapping(resource).get("Type"), mapping(resource).get("Properties")
            for path, value in walk(properties):
                named = value == name and treatment(str(kind), path) is Treatment.MOVE
                if (
                    logical_id != self._alias.function
                    and isinstance(value, str)
                    and (named or f":function:{name}" in value)
                ):
                    place = json_path(("Resources", logical_id, "Properties", *path))
                    if not any(fnmatchcase(place, pattern) for pattern in self._wish.keep):
                        self._refuse(place, ("Resources", logical_id, "Properties", *path))

    def _note_outputs(self) -> None:
        for name, output in mapping(self._document.get("Outputs")).items():
            if refers_to(output, self._alias.function):
                self._findings.notice(
                    "output-names-function",
                    f"The output {name} names {self._alias.function} itself; its callers miss a traffic shift.",
                    self._template.place(("Outputs", name)),
                )


def already_moved(document: dict[str, Any], alias: AliasName) -> list[MovedReference]:
    """The triggers that name the alias already, because SAM has moved them."""
    found: list[MovedReference] = []
    for logical_id, resource in mapping(document["Resources"]).items():
        for path, value in walk(mapping(resource).get("Properties")):
            is_reference = mapping(value).keys() & set(_FUNCTION_CALLS) and refers_to(value, alias.alias)
            if is_reference and treatment(str(mapping(resource).get("Type")), path) is Treatment.MOVE:
                place = json_path(("Resources", logical_id, "Properties", *path))
                found.append(
                    MovedReference(alias.function, place, f"{alias.alias} (alias {alias.name}, by SAM)", by_us=False)
                )
    return found


def _get(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _set(value: Any, path: Path, new: Any) -> None:
    _get(value, path[:-1])[path[-1]] = new
