"""Which parameters a template declares, what a set of values lacks, and whether each value is one that it takes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from towpath.template.loading import Template
from towpath.template.value import Symbol, SymbolKind, scalar_text
from towpath.verdict import Reason

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_SSM_VALUE = "AWS::SSM::Parameter::Value<"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter. `default` is None when the parameter must be given."""

    name: str
    type: str
    default: str | None = None
    allowed_values: tuple[str, ...] = ()
    allowed_pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    no_echo: bool = False
    constraint: str = ""
    description: str = ""

    @property
    def is_list(self) -> bool:
        """Whether `Ref` of it is a list of strings."""
        inner = self.type.removeprefix(_SSM_VALUE) if self.is_ssm_value else self.type
        return inner.startswith(("List<", "CommaDelimitedList"))

    @property
    def is_ssm_value(self) -> bool:
        """Whether its value names an SSM parameter whose content takes its place."""
        return self.type.startswith(_SSM_VALUE)

    def resolve(self, value: str | None, *, reveal: bool = False) -> Any:
        """What `Ref` gives for this value: a text, a list of texts, or a symbol if it is unknown or not to be shown."""
        if value is None:
            return Symbol(f"${{{self.name}}}", SymbolKind.PARAMETER)
        if self.is_ssm_value:
            return Symbol(f"${{{self.name}}}={{{{ssm:{value}}}}}", SymbolKind.PARAMETER)
        if self.no_echo and not reveal:
            return Symbol(f"${{{self.name}}}", SymbolKind.PARAMETER)
        return self.listed(value)

    def listed(self, value: str) -> Any:
        """A value as `Ref` gives it: a list of texts where the type is a list."""
        return split_list(value) if self.is_list else value


def split_list(value: str) -> list[str]:
    """The items of a comma-delimited value, without the spaces around them; an empty text is an empty list."""
    return [item.strip() for item in value.split(",")] if value.strip() else []


def declared_parameters(template: Template) -> Mapping[str, Parameter]:
    """The parameters of a template by name, in its order. Entries that are no mapping count as plain strings."""
    declared = template.section("Parameters")
    return {
        name: _parameter(name, cast("dict[str, Any]", entry) if isinstance(entry, dict) else {})
        for name, entry in declared.items()
    }


def parameter_text(value: Any) -> str | None:
    """A parameter's value as the text CloudFormation takes: lists are joined with commas; None for anything else."""
    if isinstance(value, list):
        items = [scalar_text(item) for item in cast("list[Any]", value)]
        return ",".join(item for item in items if item is not None) if None not in items else None
    return scalar_text(value)


def check_parameters(template: Template, values: Mapping[str, Any]) -> tuple[Reason, ...]:
    """What is wrong with these values for this template: missing, unknown, or not allowed. Empty when nothing is."""
    declared = declared_parameters(template)
    reasons = [
        Reason(
            "parameter-unknown",
            f"The template declares no parameter {name}.",
            template.place(("Parameters",)),
            "Remove the value or declare the parameter.",
        )
        for name in values
        if name not in declared
    ]
    for name, parameter in declared.items():
        where = template.place(("Parameters", name))
        if name not in values and parameter.default is None:
            reasons.append(
                Reason(
                    "parameter-missing",
                    f"The parameter {name} has no default and no value.",
                    where,
                    'Give it a value under [parameters."*"] or each environment in release.toml, or a default.',
                )
            )
            continue
        value = parameter_text(values[name]) if name in values else parameter.default
        reasons.extend(
            Reason("parameter-not-allowed", f"The parameter {name} {said}.", where, parameter.constraint or remedy)
            for said, remedy in _violations(parameter, value)
        )
    return tuple(reasons)


def missing_parameters(template: Template, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the parameters that have neither a default nor a value."""
    return tuple(
        name
        for name, parameter in declared_parameters(template).items()
        if parameter.default is None and name not in values
    )


def _violations(parameter: Parameter, value: str | None) -> Iterator[tuple[str, str]]:
    if value is None:
        yield "is neither text, a number, a boolean nor a list of these", "Give it such a value."
        return
    if parameter.is_ssm_value:
        return
    items = split_list(value) if parameter.is_list else [value]
    for item in items:
        shown = "has a value (hidden)" if parameter.no_echo else f"is {item!r}"
        yield from ((f"{shown}, {said}", remedy) for said, remedy in _item_violations(parameter, item))


def _item_violations(parameter: Parameter, item: str) -> Iterator[tuple[str, str]]:
    if parameter.allowed_values and item not in parameter.allowed_values:
        yield "which is not among the allowed values", f"Use one of {', '.join(parameter.allowed_values)}."
    if parameter.type in ("Number", "List<Number>"):
        yield from _number_violations(parameter, item)
        return
    if parameter.allowed_pattern is not None and _mismatch(parameter.allowed_pattern, item):
        yield "which does not match the allowed pattern", f"The whole value must match {parameter.allowed_pattern}"
    if parameter.min_length is not None and len(item) < parameter.min_length:
        yield f"which is shorter than {parameter.min_length} characters", "Use a longer value."
    if parameter.max_length is not None and len(item) > parameter.max_length:
        yield f"which is longer than {parameter.max_length} characters", "Use a shorter value."


def _number_violations(parameter: Parameter, item: str) -> Iterator[tuple[str, str]]:
    if not _NUMBER.fullmatch(item):
        yield "which is not a number", "Use a number."
        return
    if parameter.min_value is not None and float(item) < parameter.min_value:
        yield f"which is below {parameter.min_value:g}", "Use a larger value."
    if parameter.max_value is not None and float(item) > parameter.max_value:
        yield f"which is above {parameter.max_value:g}", "Use a smaller value."


def _mismatch(pattern: str, item: str) -> bool:
    try:
        return re.fullmatch(pattern, item) is None
    except re.error:  # Java's syntax, which CloudFormation uses, has more than Python's: CloudFormation will judge
        return False


def _parameter(name: str, entry: dict[str, Any]) -> Parameter:
    allowed: Any = entry.get("AllowedValues")
    allowed_values = [scalar_text(item) for item in cast("list[Any]", allowed)] if isinstance(allowed, list) else []
    return Parameter(
        name=name,
        type=scalar_text(entry.get("Type")) or "String",
        default=parameter_text(entry.get("Default")),
        allowed_values=tuple(item for item in allowed_values if item is not None),
        allowed_pattern=scalar_text(entry.get("AllowedPattern")),
        min_length=_whole(entry.get("MinLength")),
        max_length=_whole(entry.get("MaxLength")),
        min_value=_real(entry.get("MinValue")),
        max_value=_real(entry.get("MaxValue")),
        no_echo=scalar_text(entry.get("NoEcho")) == "true",
        constraint=scalar_text(entry.get("ConstraintDescription")) or "",
        description=scalar_text(entry.get("Description")) or "",
    )


def _real(value: Any) -> float | None:
    text = scalar_text(value)
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


def _whole(value: Any) -> int | None:
    number = _real(value)
    return None if number is None else int(number)
