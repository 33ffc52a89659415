"""What CloudFormation finds wrong with a template or its parameters before it makes anything.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html,
.../parameters-section-structure.html, .../troubleshooting.html; the messages are those that the service gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from local_cloud.service_role import ministack

_PSEUDO = "AWS::"


def check_template(template: Mapping[str, Any]) -> None:
    """Raises `ValueError` with the message of the `ValidationError`."""
    resources: Mapping[str, Any] = template.get("Resources") or {}
    if any(name.startswith("Fn::") for name in resources):
        return  # still to be expanded: only ValidateTemplate sees a template like this
    if not resources:
        raise ValueError("Template format error: At least one Resources member must be defined.")
    parameters: Mapping[str, Any] = template.get("Parameters") or {}
    outputs: Mapping[str, Any] = template.get("Outputs") or {}
    known = {*resources, *parameters}
    _check_references("Resources", resources, known)
    _check_references("Outputs", outputs, known)
    conditions: Mapping[str, Any] = template.get("Conditions") or {}
    _check_conditions("Resources", resources, conditions)
    _check_conditions("Outputs", outputs, conditions)
    _check_dependencies(resources)
    _check_circles(resources)


def _check_references(section: str, content: Mapping[str, Any], known: set[str]) -> None:
    intrinsic = ministack("services.cloudformation.engine")._intrinsic_references
    named = {name for name, _ in intrinsic(list(content.values()))}
    missing = sorted(name for name in named if name not in known and not name.startswith(_PSEUDO))
    if missing:
        raise ValueError(
            f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the {section} block of "
            "the template"
        )


def _check_conditions(section: str, content: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    used = [str(one["Condition"]) for one in content.values() if "Condition" in one]
    for name in [*used, *_ifs(list(content.values()))]:
        if name not in known:
            raise ValueError(
                f"Template error: Unresolved condition dependency {name} in the {section} block of the template"
            )


def _ifs(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        members = cast(Mapping[str, Any], node)
        arguments = members.get("Fn::If")
        if len(members) == 1 and isinstance(arguments, list) and arguments:
            yield str(cast(list[Any], arguments)[0])
        for value in members.values():
            yield from _ifs(value)
    elif isinstance(node, list):
        for item in cast(list[Any], node):
            yield from _ifs(item)


def _check_dependencies(resources: Mapping[str, Any]) -> None:
    given: list[Any] = [one["DependsOn"] for one in resources.values() if "DependsOn" in one]
    named = {str(name) for one in given for name in (cast(list[Any], one) if isinstance(one, list) else [one])}
    if missing := sorted(named - resources.keys()):
        raise ValueError(
            f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the Resources block of "
            "the template"
        )


def _check_circles(resources: Mapping[str, Any]) -> None:
    depends = ministack("services.cloudformation.engine")._extract_deps
    open_on: dict[str, set[str]] = {name: depends(one, set(resources)) - {name} for name, one in resources.items()}
    while done := [name for name, needed in open_on.items() if not needed]:
        for name in done:
            del open_on[name]
        for needed in open_on.values():
            needed.difference_update(done)
    if open_on:
        raise ValueError(f"Circular dependency between resources: [{', '.join(sorted(open_on))}]")


def check_parameters(
    template: Mapping[str, Any], given: Sequence[Mapping[str, Any]], previous: Mapping[str, Any]
) -> None:
    """Raises `ValueError` with the message of the `ValidationError`."""
    declared: Mapping[str, Mapping[str, Any]] = template.get("Parameters") or {}
    values = {one["Key"]: one for one in given if "Key" in one}
    if extra := [name for name in values if name not in declared]:
        raise ValueError(f"Parameters: [{', '.join(extra)}] do not exist in the template")
    missing = [
        name
        for name, one in declared.items()
        if "Default" not in one and not _has_value(values.get(name), name in previous)
    ]
    if missing:
        raise ValueError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, one in declared.items():
        if name in values and not values[name].get("UsePreviousValue"):
            _check_value(name, one, str(values[name].get("Value", "")))


def _has_value(given: Mapping[str, Any] | None, has_previous: bool) -> bool:
    return given is not None and (not given.get("UsePreviousValue") or has_previous)


def _check_value(name: str, declared: Mapping[str, Any], value: str) -> None:
    allowed: Sequence[Any] | None = declared.get("AllowedValues")
    is_list = str(declared.get("Type", "")).startswith(("List<", "CommaDelimitedList"))
    members = [member.strip() for member in value.split(",")] if is_list else [value]
    if allowed and not {str(one) for one in allowed}.issuperset(members):
        described = declared.get("ConstraintDescription")
        raise ValueError(
            f"Parameter '{name}' failed to satisfy constraint: {described}"
            if described
            else f"Parameter '{name}' must be one of AllowedValues"
        )
    if declared.get("Type") == "Number" and not _is_number(value):
        raise ValueError(f"Parameter '{name}' must be a number")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def with_template_checks(stock: Callable[..., None]) -> Callable[..., None]:
    """`validate_template_support`, which every operation that takes a template calls before it begins."""

    def validate(template: Mapping[str, Any], *rest: Any, **named: Any) -> None:
        stock(template, *rest, **named)
        check_template(template)

    return validate


def with_parameter_checks(stock: Callable[..., Any]) -> Callable[..., Any]:
    """`_resolve_parameters`, which every operation that takes a template calls first."""

    def resolve(
        template: Mapping[str, Any], given: Sequence[Mapping[str, Any]], previous: Mapping[str, Any] | None = None
    ) -> Any:
        check_parameters(template, given, previous or {})
        return stock(template, given, previous)

    return resolve
