"""Rewrites of a policy document that change nothing. Each takes a document apart and says the same in another way.

A rewrite returns False when the document has no place for it. Sources of what is the same as what:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any, Final, cast

from tests.unit.privilege.metamorphic.policies import DATES, Json
from towpath.privilege import catalogue

Rewrite = Callable[[Json, random.Random], bool]
_LINE_OPERATORS: Final = ("Numeric", "Date", "Ip", "NotIp", "Bool", "Null", "Binary")
_SINGLE: Final = ("aws:PrincipalOrgID", "aws:RequestedRegion", "aws:PrincipalTag/stage", "aws:SourceVpce")


def _statements(document: Json) -> list[Json]:
    return cast("list[Json]", document["Statement"])


def _pick(document: Json, chance: random.Random, fits: Callable[[Json], bool]) -> int | None:
    found = [index for index, item in enumerate(_statements(document)) if fits(item)]
    return chance.choice(found) if found else None


def _replace(document: Json, index: int, *others: Json) -> bool:
    _statements(document)[index : index + 1] = others
    return True


def _with(statement: Json, **more: Any) -> Json:
    return {**copy.deepcopy(statement), **copy.deepcopy(more)}


def _lines(document: Json) -> Iterator[tuple[Json, str, str, list[str]]]:
    """Every condition line: its statement, operator, key, values."""
    for statement in _statements(document):
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                yield statement, operator, key, values


def _line(
    document: Json, chance: random.Random, fits: Callable[[str, str, list[str]], bool]
) -> tuple[int, str, str, list[str]] | None:
    found = [
        (index, operator, key, values)
        for index, item in enumerate(_statements(document))
        for operator, keys in item.get("Condition", {}).items()
        for key, values in keys.items()
        if fits(operator, key, values)
    ]
    return chance.choice(found) if found else None


def _without_line(statement: Json, operator: str, key: str) -> Json:
    left = copy.deepcopy(statement)
    del left["Condition"][operator][key]
    if not left["Condition"][operator]:
        del left["Condition"][operator]
    return left


def _with_line(statement: Json, operator: str, key: str, values: list[str]) -> Json | None:
    """The statement with one more line; None if it has a line of this operator and key."""
    block = copy.deepcopy(statement.get("Condition", {}))
    if key in block.get(operator, {}):
        return None
    block.setdefault(operator, {})[key] = values
    return _with(statement, Condition=block)


def reorder(document: Json, chance: random.Random) -> bool:
    """Statements, and the texts of every list, in another order."""
    chance.shuffle(_statements(document))
    for statement in _statements(document):
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            chance.shuffle(statement.get(name, []))
    for *_, values in _lines(document):
        chance.shuffle(values)
    return True


def name_statements(document: Json, chance: random.Random) -> bool:
    """Sids and the document's Id."""
    document["Id"] = f"policy-{chance.randrange(1000)}"
    for index, statement in enumerate(_statements(document)):
        statement["Sid"] = f"Number{index}"
    return True


def fold_actions(document: Json, chance: random.Random) -> bool:
    """Actions in another case."""
    for statement in _statements(document):
        for name in ("Action", "NotAction"):
            if name in statement:
                statement[name] = [
                    chance.choice((str.lower, str.upper, str.swapcase))(text) for text in statement[name]
                ]
    return True


def fold_keys(document: Json, chance: random.Random) -> bool:
    """Context keys and operators in another case."""
    if not any(True for _ in _lines(document)):
        return False
    for statement in _statements(document):
        block = statement.get("Condition", {})
        if block:
            statement["Condition"] = {
                operator.lower() if chance.random() < 0.5 else operator: {
                    (key.upper() if chance.random() < 0.5 else key.lower()): values for key, values in keys.items()
                }
                for operator, keys in block.items()
            }
    return True


def say_twice(document: Json, chance: random.Random) -> bool:
    """Texts and a statement said once more."""
    statement = chance.choice(_statements(document))
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement:
            statement[name].append(chance.choice(statement[name]))
    _statements(document).append(copy.deepcopy(chance.choice(_statements(document))))
    return True


def double_wildcards(document: Json, chance: random.Random) -> bool:
    """`*` as `**`, and `*` before `?` instead of behind it."""
    changed = False
    for statement in _statements(document):
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            for index, text in enumerate(statement.get(name, [])):
                other = text.replace("?*", "*?") if "?*" in text else text.replace("*", "**")
                changed |= other != text
                statement[name][index] = other
    return changed


def split(document: Json, chance: random.Random) -> bool:
    """One statement as two: some of its actions, resources, or principals each."""
    names = [name for name in ("Action", "Resource") if chance.random() < 0.8]
    for name in names:
        index = _pick(document, chance, lambda item, name=name: len(item.get(name, [])) > 1)
        if index is not None:
            statement = _statements(document)[index]
            cut = chance.randint(1, len(statement[name]) - 1)
            parts = (statement[name][:cut], statement[name][cut:])
            return _replace(document, index, *(_with(statement, **{name: part}) for part in parts))
    return False


def split_principals(document: Json, chance: random.Random) -> bool:
    """One statement for each type of principal."""
    index = _pick(document, chance, lambda item: isinstance(item.get("Principal"), dict))
    if index is None:
        return False
    statement = _statements(document)[index]
    each = [{name: [value]} for name, values in statement["Principal"].items() for value in values]
    return _replace(document, index, *(_with(statement, Principal=one) for one in each))


def split_values(document: Json, chance: random.Random) -> bool:
    """One statement for each value of a line that needs only one of them to match."""

    def fits(operator: str, key: str, values: list[str]) -> bool:
        return len(values) > 1 and "Not" not in operator and "ForAll" not in operator

    found = _line(document, chance, fits)
    if found is None:
        return False
    index, operator, key, values = found
    left = _without_line(_statements(document)[index], operator, key)
    return _replace(document, index, *(cast("Json", _with_line(left, operator, key, [value])) for value in values))


def split_negated_values(document: Json, chance: random.Random) -> bool:
    """A line that no value may match, as one operator for each: `StringNotEquals` and `StringNotEqualsIfExists`."""

    def fits(operator: str, key: str, values: list[str]) -> bool:
        return len(values) > 1 and "Not" in operator and ":" not in operator and "IfExists" not in operator

    found = _line(document, chance, fits)
    if found is None:
        return False
    index, operator, key, values = found
    left = _without_line(_statements(document)[index], operator, key)
    first = _with_line(left, operator, key, values[:1])
    second = None if first is None else _with_line(first, f"{operator}IfExists", key, values[1:])
    return second is not None and _replace(document, index, second)


def split_by_presence(document: Json, chance: random.Random) -> bool:
    """A statement once for requests with a key and once for those without."""
    return _by_cases(document, chance, chance.choice(_SINGLE), ("Null", ["true"]), ("Null", ["false"]))


def split_by_value(document: Json, chance: random.Random) -> bool:
    """A statement once for a value of a key and once for every other (an absent key among them)."""
    way = chance.choice(("StringEquals", "StringLike", "StringEqualsIgnoreCase"))
    other = way.replace("String", "StringNot")
    return _by_cases(document, chance, chance.choice(_SINGLE), (way, ["value"]), (other, ["value"]))


def split_by_number(document: Json, chance: random.Random) -> bool:
    """A statement once below a number, once from there on or without any."""
    cases = ("NumericLessThan", ["7"]), ("NumericGreaterThanEqualsIfExists", ["7"])
    return _by_cases(document, chance, "s3:max-keys", *cases)


def split_by_address(document: Json, chance: random.Random) -> bool:
    """A statement once for a block of addresses and once for the others."""
    return _by_cases(document, chance, "aws:SourceIp", ("IpAddress", ["10.0.0.0/8"]), ("NotIpAddress", ["10.0.0.0/8"]))


def split_by_tags(document: Json, chance: random.Random) -> bool:
    """A statement once if all values of a set are in a list, once if some value is not."""
    cases = ("ForAllValues:StringLike", ["t*"]), ("ForAnyValue:StringNotLike", ["t*"])
    return _by_cases(document, chance, "aws:TagKeys", *cases)


def _by_cases(document: Json, chance: random.Random, key: str, *cases: tuple[str, list[str]]) -> bool:
    index = chance.randrange(len(_statements(document)))
    statement = _statements(document)[index]
    parts = [_with_line(statement, operator, key, values) for operator, values in cases]
    if any(part is None for part in parts):
        return False
    return _replace(document, index, *(part for part in parts if part is not None))


def merge(document: Json, chance: random.Random) -> bool:
    """Two statements that differ in their actions only, or in their resources only, as one."""
    listed = _statements(document)
    for name in ("Action", "Resource"):
        for first in listed:
            for second in listed:
                if first is second or name not in first or name not in second:
                    continue
                if {**first, name: None, "Sid": None} == {**second, name: None, "Sid": None}:
                    first[name] = list(dict.fromkeys([*first[name], *second[name]]))
                    listed[:] = [item for item in listed if item is not second]
                    return True
    return False


def add_what_is_covered(document: Json, chance: random.Random) -> bool:
    """A statement that says a part of what another says: a narrower action, resource or one condition more."""
    statement = copy.deepcopy(chance.choice(_statements(document)))
    for name, filling in (("Action", "Object"), ("Resource", "some/thing")):
        if name in statement:
            text = chance.choice(statement[name])
            statement[name] = [text.replace("*", filling, 1) if text != "*" else text]
    narrower = _with_line(statement, "StringEquals", "aws:PrincipalAccount", ["111122223333"])
    _statements(document).append(narrower or statement)
    return True


def add_actions_of_the_catalogue(document: Json, chance: random.Random) -> bool:
    """The actions that a wildcard stands for, written out beside it."""
    index = _pick(document, chance, lambda item: any("*" in text for text in item.get("Action", [])))
    if index is None:
        return False
    actions = _statements(document)[index]["Action"]
    text = chance.choice([text for text in actions if "*" in text]).lower()
    service, _, name = text.partition(":")
    beginning = name.partition("*")[0]
    if "?" in text or not name.endswith("*") or name.count("*") > 1:
        return False
    names = [
        item.name for key, item in catalogue.actions_of(service).items() if key.startswith(f"{service}:{beginning}")
    ]
    actions.extend(chance.sample(names, min(len(names), 40)))
    return bool(names)


def deny_what_nobody_allows(document: Json, chance: random.Random) -> bool:
    """A Deny of an action that no Allow reaches."""
    allows = [item for item in _statements(document) if item["Effect"] == "Allow"]
    if any("NotAction" in item for item in allows) or any(
        "*" in text.partition(":")[0] for item in allows for text in item["Action"]
    ):
        return False
    like = {key: value for key, value in allows[0].items() if key in {"Principal", "Resource", "NotResource"}}
    _statements(document).append({"Effect": "Deny", "Action": ["quicksight:*"], **copy.deepcopy(like)})
    return True


def deny_all_but_what_is_allowed(document: Json, chance: random.Random) -> bool:
    """A Deny with NotAction that spares every action that is allowed."""
    allows = [item for item in _statements(document) if item["Effect"] == "Allow"]
    if any("NotAction" in item for item in allows):
        return False
    spared = sorted({text for item in allows for text in item["Action"]})
    like: Json = {"Principal": "*"} if "Principal" in allows[0] else {}
    like |= {"Resource": ["*"]} if any(name in allows[0] for name in ("Resource", "NotResource")) else {}
    _statements(document).append({"Effect": "Deny", "NotAction": spared, **like})
    return True


_OPPOSITES: Final = {
    "StringEquals": "StringNotEquals", "StringLike": "StringNotLike", "StringNotEquals": "StringEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase", "StringNotLike": "StringLike",
    "ArnLike": "ArnNotLike", "ArnEquals": "ArnNotEquals", "ArnNotLike": "ArnLike",
    "NumericEquals": "NumericNotEquals", "NumericLessThanEquals": "NumericGreaterThanIfExists",
    "NumericGreaterThan": "NumericLessThanEqualsIfExists", "DateLessThan": "DateGreaterThanEqualsIfExists",
    "DateGreaterThanEquals": "DateLessThanIfExists", "IpAddress": "NotIpAddress", "NotIpAddress": "IpAddress",
    "ForAllValues:StringEquals": "ForAnyValue:StringNotEquals", "ForAnyValue:StringLike": "ForAllValues:StringNotLike",
    "ForAllValues:StringLike": "ForAnyValue:StringNotLike",
    "ForAnyValue:StringNotEquals": "ForAllValues:StringEquals",
}  # fmt: skip


def deny_the_opposite(document: Json, chance: random.Random) -> bool:
    """The only Allow without one of its conditions, beside a Deny of everything that fails it."""
    allows = [item for item in _statements(document) if item["Effect"] == "Allow"]
    found = _line(
        {"Statement": allows},
        chance,
        lambda operator, key, values: operator in _OPPOSITES and (len(values) == 1 or "Than" not in operator),
    )
    if len(allows) != 1 or found is None:
        return False
    _, operator, key, values = found
    index = next(index for index, item in enumerate(_statements(document)) if item["Effect"] == "Allow")
    left = _without_line(allows[0], operator, key)
    deny = {**copy.deepcopy(allows[0]), "Effect": "Deny", "Condition": {_OPPOSITES[operator]: {key: list(values)}}}
    return _replace(document, index, left, deny)


def respell_values(document: Json, chance: random.Random) -> bool:
    """Numbers, dates and addresses in another form, booleans in another case; with and without quotes."""
    changed = False
    for statement in _statements(document):
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                keys[key] = [_respelled(operator, value) for value in values]
                changed |= keys[key] != values
    return changed


def _respelled(operator: str, value: str) -> Any:
    if operator.startswith("Numeric"):
        return float(value) if "." not in value else value
    if operator.startswith("Date"):
        return DATES.get(value, value)
    if operator.startswith(("Bool", "Null")):
        return {"true": True, "false": "FALSE"}.get(value, value)
    return value


def split_blocks(document: Json, chance: random.Random) -> bool:
    """A block of addresses as its two halves."""
    found = _line(document, chance, lambda operator, key, values: "IpAddress" in operator)
    if found is None:
        return False
    index, operator, key, values = found
    halves = [str(half) for value in values for half in _halves(value)]
    _statements(document)[index]["Condition"][operator][key] = halves
    return halves != values


def _halves(value: str) -> list[Any]:
    network = ip_network(value)
    return [network] if network.prefixlen == network.max_prefixlen else list(network.subnets())


def rename_operators(document: Json, chance: random.Random) -> bool:
    """Operators by another name: ArnEquals and ArnLike; StringEquals and StringLike where there is no wildcard."""
    pairs = {"ArnEquals": "ArnLike", "ArnLike": "ArnEquals", "ArnNotLike": "ArnNotEquals"}
    pairs |= {"StringEquals": "StringLike", "StringNotEquals": "StringNotLike"}
    pairs |= {"StringNotEquals": "StringNotEqualsIfExists", "NotIpAddress": "NotIpAddressIfExists"}
    found = _line(
        document,
        chance,
        lambda operator, key, values: (
            operator in pairs
            and (operator.startswith("Arn") or not any(mark in text for text in values for mark in "*?"))
        ),
    )
    if found is None:
        return False
    index, operator, key, values = found
    changed = _with_line(_without_line(_statements(document)[index], operator, key), pairs[operator], key, values)
    return changed is not None and _replace(document, index, changed)


def two_sides_of_equality(document: Json, chance: random.Random) -> bool:
    """NumericEquals as both not less and not more."""
    found = _line(document, chance, lambda operator, key, values: operator == "NumericEquals" and len(values) == 1)
    if found is None:
        return False
    index, operator, key, values = found
    left = _without_line(_statements(document)[index], operator, key)
    less = _with_line(left, "NumericLessThanEquals", key, values)
    both = None if less is None else _with_line(less, "NumericGreaterThanEquals", key, list(values))
    return both is not None and _replace(document, index, both)


def if_exists_apart(document: Json, chance: random.Random) -> bool:
    """`...IfExists` as the plain operator, beside a statement for an absent key."""
    found = _line(
        document, chance, lambda operator, key, values: operator.endswith("IfExists") and "Not" not in operator
    )
    if found is None:
        return False
    index, operator, key, values = found
    left = _without_line(_statements(document)[index], operator, key)
    parts = [_with_line(left, operator.removesuffix("IfExists"), key, values), _with_line(left, "Null", key, ["true"])]
    if any(part is None for part in parts):
        return False
    return _replace(document, index, *(part for part in parts if part is not None))


def add_a_condition_that_always_holds(document: Json, chance: random.Random) -> bool:
    """One more line that every request passes."""
    index = chance.randrange(len(_statements(document)))
    operator, key, values = chance.choice(
        (
            ("StringLikeIfExists", "aws:PrincipalTag/any", ["*"]),
            ("Null", "aws:PrincipalTag/any", ["true", "false"]),
            ("ForAllValues:StringLike", "aws:TagKeys", ["*"]),
            ("IpAddressIfExists", "aws:SourceIp", ["0.0.0.0/0", "::/0"]),
            ("BoolIfExists", "aws:SecureTransport", ["true", "false"]),
        )
    )
    changed = _with_line(_statements(document)[index], operator, key, values)
    return changed is not None and _replace(document, index, changed)


def name_accounts_otherwise(document: Json, chance: random.Random) -> bool:
    """An account by its number or its root; everybody in two ways; a role with a session of it."""
    changed = False
    for statement in _statements(document):
        principal = statement.get("Principal")
        if isinstance(principal, dict) and "AWS" in principal:
            names = cast("list[str]", principal["AWS"])
            other = [_other_name(name) for name in names]
            roots = [name.split(":")[4] for name in names if name.endswith(":root")]
            other += [f"arn:aws:iam::{number}:role/more" for number in roots if chance.random() < 0.5]
            changed |= other != names
            principal["AWS"] = other
    return changed


def _other_name(name: str) -> str:
    if name.endswith(":root"):
        return name.split(":")[4]
    return f"arn:aws:iam::{name}:root" if name.isdigit() else name


def strings_for_lists(document: Json, chance: random.Random) -> bool:
    """A list of one as a string, one statement without its list."""
    for statement in _statements(document):
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            if len(statement.get(name, [])) == 1 and chance.random() < 0.7:
                statement[name] = statement[name][0]
        for keys in statement.get("Condition", {}).values():
            for key, values in keys.items():
                if len(values) == 1:
                    keys[key] = values[0]
    if len(_statements(document)) == 1:
        document["Statement"] = _statements(document)[0]
    return True


REWRITES: Final[tuple[Rewrite, ...]] = (
    reorder, name_statements, fold_actions, say_twice, double_wildcards, split, split_principals, split_values,
    split_negated_values, split_by_presence, split_by_value, split_by_number, split_by_address, split_by_tags, merge,
    add_what_is_covered, add_actions_of_the_catalogue, deny_what_nobody_allows, deny_all_but_what_is_allowed,
    deny_the_opposite, split_blocks, rename_operators, two_sides_of_equality, if_exists_apart,
    add_a_condition_that_always_holds, name_accounts_otherwise,
)  # fmt: skip
LAST: Final[tuple[Rewrite, ...]] = (respell_values, fold_keys, strings_for_lists)
"""Rewrites of the spelling alone; the others do not read what these have written."""


def rewritten(document: Json, chance: random.Random, *, most: int = 5) -> tuple[Any, list[str]]:
    """The document (or two that say it together, or its text) after some rewrites, and their names."""
    new, names = copy.deepcopy(document), list[str]()
    for rewrite in chance.sample(REWRITES, chance.randint(1, most)):
        if rewrite(new, chance):
            names.append(rewrite.__name__)
    pieces = _in_two(new, chance) if chance.random() < 0.15 else [new]
    for rewrite in LAST:
        if chance.random() < 0.3:
            for piece in pieces:
                rewrite(piece, chance)
            names.append(rewrite.__name__)
    if len(pieces) > 1:
        return pieces, [*names, "in_two_documents"]
    return (json.dumps(pieces[0]), [*names, "as_text"]) if chance.random() < 0.2 else (pieces[0], names)


def _in_two(document: Json, chance: random.Random) -> list[Json]:
    statements = _statements(document)
    cut = chance.randint(0, len(statements))
    return [{**document, "Statement": part} for part in (statements[:cut], statements[cut:])]
