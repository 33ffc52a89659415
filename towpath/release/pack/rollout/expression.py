"""Finds the references to a resource in a value, and turns references to a function into references to its alias.

`Fn::GetAtt` of the function's ARN becomes `Ref` of the alias, which is the alias's ARN; `Ref` of the function, its
name, becomes `name:alias`, which Lambda takes wherever it takes a name.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from towpath.release.pack.rollout.wish import AliasName
from towpath.template.position import Path
from towpath.template.traversal import mapping, rebuild, sequence, walk

_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")


def references(value: Any) -> Iterator[tuple[str, str]]:
    """`(name, attribute)` of every `Ref`, `Fn::GetAtt` and `Fn::Sub` variable in a value; no attribute for `Ref`."""
    for _, node in walk(value):
        entry = mapping(node)
        if isinstance(entry.get("Ref"), str):
            yield entry["Ref"], ""
        elif "Fn::GetAtt" in entry:
            yield _attribute(entry["Fn::GetAtt"])
        elif "Fn::Sub" in entry:
            text, own = sub_parts(entry["Fn::Sub"])
            names = (name.strip() for name in _VARIABLE.findall(text))
            yield from (name.partition(".")[::2] for name in names if name not in own)


def conditions_and_maps(value: Any) -> Iterator[str]:
    """The names of conditions and mappings that a value depends on."""
    for _, node in walk(value):
        for function in ("Fn::If", "Fn::FindInMap", "Condition"):
            named = sequence(mapping(node).get(function))
            if named and isinstance(named[0], str):
                yield named[0]


def refers_to(value: Any, logical_id: str) -> bool:
    """Whether a value refers to this resource."""
    return any(name == logical_id for name, _ in references(value))


def point_at_alias(value: Any, alias: AliasName) -> Any:
    """The value with the function's alias in place of the function."""

    def replace(node: Any, _path: Path) -> Any:
        entry = mapping(node)
        if entry == {"Ref": alias.function}:
            return {"Fn::Join": [":", [{"Ref": alias.function}, alias.name]]}
        if "Fn::GetAtt" in entry and _attribute(entry["Fn::GetAtt"]) == (alias.function, "Arn"):
            return {"Ref": alias.alias}
        if "Fn::Sub" in entry:
            return _in_sub(entry["Fn::Sub"], alias, lambda inner: rebuild(inner, replace))
        return node

    return rebuild(value, replace)


def rename(value: Any, old: str, new: str) -> Any:
    """The value with references to one logical id turned into references to another."""

    def replace(node: Any, _path: Path) -> Any:
        entry = mapping(node)
        if entry == {"Ref": old}:
            return {"Ref": new}
        if "Fn::GetAtt" in entry and _attribute(entry["Fn::GetAtt"])[0] == old:
            return {"Fn::GetAtt": [new, _attribute(entry["Fn::GetAtt"])[1]]}
        if isinstance(entry.get("DependsOn"), (str, list)) and old in sequence(entry["DependsOn"]):
            others = {key: rebuild(item, replace) for key, item in entry.items()}
            return others | {"DependsOn": [new if name == old else name for name in sequence(entry["DependsOn"])]}
        if "Fn::Sub" in entry:
            text, own = sub_parts(entry["Fn::Sub"])
            renamed = re.sub(rf"\$\{{\s*{re.escape(old)}(?=[.}}\s])", f"${{{new}", text)
            return {"Fn::Sub": _joined(renamed, rebuild(own, replace), entry["Fn::Sub"])} if old not in own else node
        return node

    return rebuild(value, replace)


def sub_parts(argument: Any) -> tuple[str, dict[str, Any]]:
    """The text and the variables of a `Fn::Sub`'s argument."""
    parts = sequence(argument)
    text = parts[0] if parts and isinstance(parts[0], str) else ""
    return text, mapping(parts[1]) if len(parts) > 1 else {}


def _in_sub(argument: Any, alias: AliasName, inside: Callable[[Any], Any]) -> dict[str, Any]:
    text, own = sub_parts(argument)
    if alias.function not in own:
        text = re.sub(rf"\$\{{\s*{alias.function}\s*\}}(?!:)", f"${{{alias.function}}}:{alias.name}", text)
    if f"{alias.function}.Arn" not in own:
        text = re.sub(rf"\$\{{\s*{alias.function}\.Arn\s*\}}(?!:)", f"${{{alias.alias}}}", text)
    return {"Fn::Sub": _joined(text, inside(own), argument)}


def _joined(text: str, own: dict[str, Any], argument: Any) -> Any:
    return [text, own] if isinstance(argument, list) else text


def _attribute(argument: Any) -> tuple[str, str]:
    if isinstance(argument, str):
        name, _, attribute = argument.partition(".")
        return name, attribute
    parts = [part for part in sequence(argument) if isinstance(part, str)]
    return (parts[0], ".".join(parts[1:])) if parts else ("", "")
