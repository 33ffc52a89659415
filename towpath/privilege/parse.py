"""Reads a policy document: what IAM's grammar allows becomes statements, anything else a clear error.

The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, cast

from towpath.privilege.conditions.operators import operator_named
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.statement import Condition, Element, Kind, Place, Policy, Principals, Statement, TextValue
from towpath.template.position import NOWHERE, Path, Position
from towpath.template.value import Symbol, Text

Locate = Callable[[Path], Position]

_VERSIONS: Final = ("2008-10-17", "2012-10-17")
_POLICY_KEYS: Final = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_PRINCIPAL_TYPES: Final = ("AWS", "Service", "Federated", "CanonicalUser")


def parse_policy(
    document: str | bytes | Mapping[str, Any],
    *,
    kind: Kind = Kind.IDENTITY,
    name: str = "policy",
    locate: Locate | None = None,
    at: Path = (),
) -> Policy:
    """The policy that a JSON (or YAML) text or an object says.

    `name` is what findings call the document; `at` is the path at which it stands in that document and `locate` gives
    the line and column of a path. Strings may be symbols or partly known texts. Raises PolicyError.
    """
    if isinstance(document, (str, bytes)):
        document, locate = _read(document, name)
    return _Reader(kind, name, locate or (lambda _: NOWHERE), at).policy(document)


def _read(text: str | bytes, name: str) -> tuple[Mapping[str, Any], Locate]:
    from towpath.template.error import TemplateError
    from towpath.template.loading import load_template

    try:
        loaded = load_template(text, name=name)
    except TemplateError as error:
        raise PolicyError(error.reason) from None
    return loaded.document, loaded.position


_LONGEST_SHOWN: Final = 200
_LONGEST_TEXT: Final = 32_768
"""The largest policy is that of a KMS key: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""


class _Reader:
    """One document being read; knows where it is, so that errors can say so."""

    def __init__(self, kind: Kind, name: str, locate: Locate, at: Path) -> None:
        self.kind = kind
        self.name = name
        self.locate = locate
        self.at = at

    def refuse(self, path: Path, code: str, message: str, remedy: str) -> PolicyError:
        return PolicyError.at(str(self.place(path)), f"policy-{code}", message, remedy)

    def place(self, path: Path) -> Place:
        full = (*self.at, *path)
        return Place(self.name, full, self.locate(full))

    def policy(self, document: Mapping[str, Any]) -> Policy:
        self.known_keys(document, (), _POLICY_KEYS, "a policy")
        version = document.get("Version", _VERSIONS[0])
        if _is_nested(version) or str(version) not in _VERSIONS:
            remedy = f"Write one of {', '.join(_VERSIONS)}."
            message = f"{_shown(version)} is no version of the policy language."
            raise self.refuse(("Version",), "version", message, remedy)
        if "Statement" not in document:
            raise self.refuse((), "statement-missing", "The policy has no Statement.", "Add the element Statement.")
        variables = str(version) == _VERSIONS[1]
        found = document["Statement"]
        if isinstance(found, list):
            numbered = enumerate(cast("list[Any]", found))
            statements = tuple(self.statement(item, index, ("Statement", index), variables) for index, item in numbered)
        else:
            statements = (self.statement(found, 0, ("Statement",), variables),)
        return Policy(self.name, statements)

    def known_keys(self, item: object, path: Path, keys: frozenset[str], what: str) -> None:
        if not isinstance(item, Mapping):
            message = f"This should be {what}, an object; it is {_type_name(item)}."
            raise self.refuse(path, "not-an-object", message, "Write an object.")
        unknown = [str(key) for key in cast("Mapping[Any, Any]", item) if key not in keys]
        if unknown:
            remedy = f"The elements of {what} are {', '.join(sorted(keys))}; names are case-sensitive."
            raise self.refuse((*path, unknown[0]), "unknown-element", f'There is no element "{unknown[0]}".', remedy)

    def statement(self, item: Any, index: int, path: Path, variables: bool) -> Statement:
        self.known_keys(item, path, _STATEMENT_KEYS, "a statement")
        effect = item.get("Effect")
        if effect not in ("Allow", "Deny"):
            message = f"Effect is {_shown(effect)}." if "Effect" in item else "The statement has no Effect."
            raise self.refuse((*path, "Effect"), "effect", message, 'Write "Allow" or "Deny"; case matters.')
        actions = self.element(item, path, "Action")
        if actions is None:
            raise self.refuse(path, "action-missing", "The statement names no action.", "Add Action or NotAction.")
        sid = item.get("Sid", "")
        if _is_nested(sid):
            raise self.refuse((*path, "Sid"), "not-a-string", f"Sid is {_type_name(sid)}.", "Write a string.")
        return Statement(
            allows=effect == "Allow",
            actions=actions,
            resources=self.resources(item, path),
            principals=self.principals(item, path),
            conditions=self.conditions(item.get("Condition", {}), (*path, "Condition")),
            variables=variables,
            index=index,
            sid=str(sid),
            place=self.place(path),
        )

    def element(self, item: Mapping[str, Any], path: Path, name: str) -> Element | None:
        self.not_both(item, path, name)
        for key in (name, f"Not{name}"):
            if key in item:
                return Element(self.texts(item[key], (*path, key)), negated=key != name)
        return None

    def not_both(self, item: Mapping[str, Any], path: Path, name: str) -> None:
        if name in item and f"Not{name}" in item:
            message = f"The statement has both {name} and Not{name}."
            raise self.refuse(path, "both-elements", message, "Keep one of the two.")

    def resources(self, item: Mapping[str, Any], path: Path) -> Element | None:
        resources = self.element(item, path, "Resource")
        if resources is not None and self.kind is Kind.TRUST:
            message = "A trust policy names no resource: it stands at its role."
            raise self.refuse(path, "resource-prohibited", message, "Remove the element.")
        if resources is None and not self.kind.names_principals:
            message = "The statement names no resource."
            raise self.refuse(path, "resource-missing", message, "Add Resource or NotResource.")
        return resources

    def principals(self, item: Mapping[str, Any], path: Path) -> Principals | None:
        self.not_both(item, path, "Principal")
        key = next((key for key in ("Principal", "NotPrincipal") if key in item), None)
        if key is None:
            if self.kind.names_principals:
                message = "The statement names no principal."
                raise self.refuse(path, "principal-missing", message, "Add Principal or NotPrincipal.")
            return None
        if not self.kind.names_principals:
            message = f"A policy of kind {self.kind} has no {key}: it holds for whom it is attached to."
            raise self.refuse((*path, key), "principal-prohibited", message, f"Remove {key}, or say --kind resource.")
        return Principals(self.principal_entries(item[key], (*path, key)), negated=key == "NotPrincipal")

    def principal_entries(self, found: Any, path: Path) -> tuple[tuple[str, TextValue], ...]:
        if found == "*":
            return (("*", "*"),)
        remedy = f'Write "*" or an object with {", ".join(_PRINCIPAL_TYPES)}.'
        if not isinstance(found, Mapping):
            raise self.refuse(path, "principal", f"A principal is {_type_name(found)}.", remedy)
        entries: list[tuple[str, TextValue]] = []
        for type_name, values in cast("Mapping[str, Any]", found).items():
            if type_name not in _PRINCIPAL_TYPES:
                message = f'There is no type of principal called "{type_name}".'
                raise self.refuse((*path, str(type_name)), "principal-type", message, remedy)
            entries.extend((type_name, value) for value in self.texts(values, (*path, type_name)))
        return tuple(entries)

    def conditions(self, block: Any, path: Path) -> tuple[Condition, ...]:
        found: list[Condition] = []
        for operator, keys in self.mapping(block, path).items():
            if operator_named(operator) is None:
                remedy = "Write an operator of the IAM reference, such as StringEquals or ForAnyValue:StringLike."
                raise self.refuse((*path, operator), "operator", f'There is no operator "{operator}".', remedy)
            for key, values in self.mapping(keys, (*path, operator)).items():
                texts = self.texts(values, (*path, operator, key))
                found.append(Condition(operator, key.lower(), texts, key))
        return tuple(found)

    def mapping(self, item: Any, path: Path) -> Mapping[str, Any]:
        if not isinstance(item, Mapping):
            message = f"A condition is {_type_name(item)} here."
            raise self.refuse(path, "condition", message, 'Write {"operator": {"key": "value"}}.')
        found = cast("Mapping[Any, Any]", item)
        odd = next((key for key in found if not isinstance(key, str)), None)
        if odd is not None:
            raise self.refuse(path, "condition", f"{odd!r} is no name.", "Write operators and keys as strings.")
        return cast("Mapping[str, Any]", found)

    def texts(self, found: Any, path: Path) -> tuple[TextValue, ...]:
        if isinstance(found, (list, tuple)):
            items = enumerate(cast("list[Any]", found))
            return tuple(self.text(item, (*path, index)) for index, item in items)
        return (self.text(found, path),)

    def text(self, item: Any, path: Path) -> TextValue:
        if isinstance(item, str) and len(item) > _LONGEST_TEXT:
            message = f"This text has {len(item)} characters; no policy of AWS may have so many."
            raise self.refuse(path, "too-long", message, "Write a text that AWS would take.")
        if isinstance(item, (str, Symbol, Text)):
            return item
        if isinstance(item, bool):
            return "true" if item else "false"
        if isinstance(item, (int, float)):
            return f"{Decimal(item):f}" if isinstance(item, int) else str(item)
        message = f"This should be a string or a list of strings; it is {_type_name(item)}."
        raise self.refuse(path, "not-a-string", message, "Write a string.")


def _is_nested(item: object) -> bool:
    return isinstance(item, (list, tuple, Mapping))


def _type_name(item: object) -> str:
    if item is None:
        return "null"
    names: dict[type, str] = {str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    if isinstance(item, Mapping):
        return "an object"
    return "a list" if isinstance(item, (list, tuple)) else names.get(type(item), f"a {type(item).__name__}")


def _shown(item: object) -> str:
    """A short value as it was written, anything else by its type: what is nested deeply cannot be written out."""
    return f"{item!r}" if isinstance(item, (str, Symbol)) and len(str(item)) < _LONGEST_SHOWN else _type_name(item)
