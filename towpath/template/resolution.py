"""What a template comes to for given parameters: its resources and outputs with everything resolved that can be.

Resolving never fails on a template that was loaded: what CloudFormation would refuse is listed under `problems` and
stands in the values as an invalid symbol, so a reader that must be certain can see both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from towpath.template.conditions import Conditions, Truth
from towpath.template.evaluation import Evaluator, Facts, KnownResource
from towpath.template.for_each import LoopExpander
from towpath.template.loading import Template
from towpath.template.parameters import declared_parameters, parameter_text
from towpath.template.position import Path, Position
from towpath.template.pseudo import PseudoParameters
from towpath.template.value import Symbol
from towpath.verdict import Reason

_LANGUAGE = "AWS::LanguageExtensions"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource that exists (`condition` is TRUE) or may exist (UNKNOWN); those that do not are left out."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    condition: Truth
    condition_name: str | None
    position: Position
    metadata: Any = None
    deletion_policy: Any = None
    update_replace_policy: Any = None
    update_policy: Any = None
    depends_on: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the resource stands in the document."""
        return ("Resources", self.logical_id)


@dataclass(frozen=True, slots=True)
class Output:
    """One output that exists or may exist."""

    name: str
    value: Any
    condition: Truth
    position: Position
    export: Any = None


@dataclass(frozen=True, slots=True)
class ResolvedTemplate:
    """A template for one set of parameters."""

    template: Template
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Output]
    conditions: Mapping[str, Truth]
    problems: tuple[Reason, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What `Ref` of each parameter gives."""


def resolve(
    template: Template,
    parameters: Mapping[str, Any] | None = None,
    *,
    pseudo: PseudoParameters | None = None,
    known: Mapping[str, KnownResource] | None = None,
    assume: Mapping[str, bool] | None = None,
    told: Mapping[str, Any] | None = None,
) -> ResolvedTemplate:
    """Resolves a template.

    `parameters` are given values by name (defaults fill in, the rest are symbols); `known` tells of deployed resources
    by logical id; `assume` fixes conditions by name; `told` gives the values of symbols by their text. The result's
    `problems` say what CloudFormation would refuse.
    """
    place = pseudo or PseudoParameters()
    return _Resolution(template, parameters or {}, place, known or {}, assume or {}, told or {}).result()


class _Resolution:
    def __init__(
        self,
        template: Template,
        given: Mapping[str, Any],
        pseudo: PseudoParameters,
        known: Mapping[str, KnownResource],
        assumed: Mapping[str, bool],
        told: Mapping[str, Any],
    ) -> None:
        self._template = template
        self._parameters = _with_told(_parameter_values(template, given, reveal=False), told)
        revealed = _with_told(_parameter_values(template, given, reveal=True), told) | dict(pseudo.values())
        self._facts = Facts(
            template=template,
            references=self._parameters | dict(pseudo.values()),
            mappings=template.section("Mappings"),
            known=known,
            told=told,
            has_transform=_has_open_transform(template),
        )
        self._evaluator = Evaluator(self._facts, assumed=assumed)
        comparing = Evaluator(self._facts, references=revealed)
        self._facts.conditions = Conditions({}, comparing.value, self._evaluator.complain)
        self._loops = LoopExpander(self._collection, self._loop_problem)
        definitions = self._loops.expand(template.section("Conditions"), ("Conditions",))
        self._facts.conditions = Conditions(definitions, comparing.value, self._evaluator.complain)
        self._definitions: Mapping[str, Any] = definitions

    def result(self) -> ResolvedTemplate:
        resources = self._loops.expand(self._template.section("Resources"), ("Resources",))
        outputs = self._loops.expand(self._template.section("Outputs"), ("Outputs",))
        self._facts.resources = frozenset(resources)
        conditions = {name: self._evaluator.truth(name, ("Conditions", name)) for name in self._definitions}
        found = {resource.logical_id: resource for resource in self._resources(resources)}
        given = {output.name: output for output in self._outputs(outputs)}
        return ResolvedTemplate(
            self._template, found, given, conditions, tuple(dict.fromkeys(self._facts.problems)), self._parameters
        )

    def _resources(self, entries: Mapping[str, Any]) -> Iterator[Resource]:
        for logical_id, entry in entries.items():
            path: Path = ("Resources", logical_id)
            if logical_id == "Fn::Transform":
                self._evaluator.complain(
                    "template-transform",
                    path,
                    "A macro adds resources here that are not known.",
                    "Resolve the processed template.",
                )
            elif not isinstance(entry, dict) or not isinstance(cast("dict[str, Any]", entry).get("Type"), str):
                self._evaluator.complain(
                    "template-resource", path, f"The resource {logical_id} has no type.", "Give it a Type."
                )
            else:
                yield from self._resource(logical_id, cast("dict[str, Any]", entry), path)

    def _resource(self, logical_id: str, entry: Mapping[str, Any], path: Path) -> Iterator[Resource]:
        condition, name, evaluator = self._existence(entry, path)
        if condition is Truth.FALSE:
            return
        properties = evaluator.value(entry.get("Properties", {}), (*path, "Properties"))
        if not isinstance(properties, dict):
            evaluator.complain("template-resource", path, "The properties are no mapping.", "Write a mapping.")
            properties = {}
        parts = {key: evaluator.value(entry.get(key), (*path, key)) for key in _RESOURCE_PARTS}
        yield Resource(
            logical_id=logical_id,
            type=entry["Type"],
            properties=cast("dict[str, Any]", properties),
            condition=condition,
            condition_name=name,
            position=self._template.position(path),
            metadata=parts["Metadata"],
            deletion_policy=parts["DeletionPolicy"],
            update_replace_policy=parts["UpdateReplacePolicy"],
            update_policy=parts["UpdatePolicy"],
            depends_on=_names(parts["DependsOn"]),
        )

    def _outputs(self, entries: Mapping[str, Any]) -> Iterator[Output]:
        for name, entry in entries.items():
            path: Path = ("Outputs", name)
            if not isinstance(entry, dict):
                self._evaluator.complain(
                    "template-output", path, f"The output {name} has no value.", "Give it a Value."
                )
                continue
            parts = cast("dict[str, Any]", entry)
            condition, _, evaluator = self._existence(parts, path)
            if condition is Truth.FALSE:
                continue
            value = evaluator.value(parts.get("Value"), (*path, "Value"))
            export = evaluator.value(parts.get("Export"), (*path, "Export"))
            export_name = cast("dict[str, Any]", export).get("Name") if isinstance(export, dict) else None
            yield Output(name, value, condition, self._template.position(path), export_name)

    def _existence(self, entry: Mapping[str, Any], path: Path) -> tuple[Truth, str | None, Evaluator]:
        """Whether the entry exists, by which condition, and how to evaluate what is in it when it does."""
        name = entry.get("Condition")
        if not isinstance(name, str):
            return Truth.TRUE, None, self._evaluator
        truth = self._evaluator.truth(name, (*path, "Condition"))
        return truth, name, self._evaluator.assuming(name, True) if truth is Truth.UNKNOWN else self._evaluator

    def _collection(self, node: Any, path: Path) -> list[str] | None:
        items = self._evaluator.value(node, path)
        if not isinstance(items, list):
            return None
        texts = [parameter_text(item) for item in cast("list[Any]", items)]
        return [text for text in texts if text is not None] if None not in texts else None

    def _loop_problem(self, path: Path, message: str) -> None:
        self._evaluator.complain("template-loop", path, message, "Give the collection's parameter a value.")


_RESOURCE_PARTS = ("Metadata", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "DependsOn")


def _parameter_values(template: Template, given: Mapping[str, Any], *, reveal: bool) -> dict[str, Any]:
    return {
        name: parameter.resolve(
            parameter_text(given[name]) if name in given else parameter.default,
            reveal=reveal,
        )
        for name, parameter in declared_parameters(template).items()
    }


def _with_told(values: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told.get(value.text, value) if isinstance(value, Symbol) else value for name, value in values.items()}


def _has_open_transform(template: Template) -> bool:
    declared = template.document.get("Transform", [])
    transforms: list[Any] = cast("list[Any]", declared) if isinstance(declared, list) else [declared]
    return any(transform != _LANGUAGE for transform in transforms)


def _names(value: Any) -> tuple[str, ...]:
    names = cast("list[Any]", value) if isinstance(value, list) else [value]
    return tuple(name for name in names if isinstance(name, str))
