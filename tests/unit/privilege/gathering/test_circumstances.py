"""Open conditions together: what cannot be is not tried, what can be is, and many of one parameter are few cases."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.privilege.gathering.templates import READ, WRITE, Json, answer, compared, role, template
from towpath.privilege.gathering.circumstances import Circumstances, Expression

TEXTS = ("a", "b", "c", "d")
LEAVES = st.one_of(
    st.booleans(),
    st.tuples(st.just("is"), st.sampled_from(["X", "Y"]), st.sampled_from(TEXTS[:3])),
    st.tuples(st.just("open"), st.sampled_from(["p", "q"])),
)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), st.tuples(inner)),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
ALLOWED = st.dictionaries(
    st.sampled_from(["X", "Y"]), st.frozensets(st.sampled_from(TEXTS), min_size=1, max_size=3), max_size=2
)


def holds(expression: Any, values: dict[str, Any]) -> bool:
    """Slow and obvious."""
    if isinstance(expression, bool):
        return expression
    name, first, *rest = expression
    if name == "is":
        return values[first] == rest[0]
    if name == "open":
        return values[first]
    truths = [holds(part, values) for part in first]
    return {"not": not truths[0], "and": all(truths), "or": any(truths)}[name]


@given(st.lists(EXPRESSIONS, min_size=1, max_size=4), ALLOWED)
def test_exactly_what_some_values_bring_about_is_tried(
    meanings: list[Expression], allowed: dict[str, frozenset[str]]
) -> None:
    names = [f"C{index}" for index in range(len(meanings))]
    choices = {"X": allowed.get("X", TEXTS), "Y": allowed.get("Y", TEXTS), "p": (True, False), "q": (True, False)}
    expected = {
        tuple(holds(meaning, dict(zip(choices, values, strict=True))) for meaning in meanings)
        for values in product(*choices.values())
    }
    worlds = Circumstances(dict(zip(names, meanings, strict=True)), allowed).worlds(names)
    assert worlds is not None
    assert {tuple(world[name] for name in names) for world in worlds} == expected


def test_what_is_not_known_to_hang_together_is_tried_both_ways() -> None:
    assert len(Circumstances().worlds("abc") or ()) == 8
    assert Circumstances().worlds("abcdefg") is None
    many = {f"C{index}": ("is", "X", str(index)) for index in range(20)}
    assert len(Circumstances(many).worlds(many) or ()) == 21


STAGES = {
    "Dev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
    "Test": {"Fn::Equals": [{"Ref": "Stage"}, "test"]},
    "Prod": {"Fn::Equals": ["prod", {"Ref": "Stage"}]},
    "NotProd": {"Fn::Not": [{"Condition": "Prod"}]},
    "Early": {"Fn::Or": [{"Condition": "Dev"}, {"Condition": "Test"}]},
    "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
}


def staged(resource: Any, values: tuple[str, ...] = ("dev", "test", "prod"), **more: Any) -> Json:
    stage = {"Type": "String", **({"AllowedValues": list(values)} if values else {})}
    made = template(Worker=role({**READ, "Resource": resource}, **more))
    return {"Parameters": {"Stage": stage}, "Conditions": STAGES, **made}


def when(condition: str, then: Any, otherwise: Any) -> Json:
    return {"Fn::If": [condition, then, otherwise]}


A, B, C = "arn:aws:s3:::a/*", "arn:aws:s3:::b/*", "arn:aws:s3:::c/*"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (when("Dev", A, when("Test", B, C)), when("Prod", C, when("Dev", A, B))),
        (when("Prod", A, B), when("NotProd", B, A)),
        (when("Early", A, B), when("Prod", B, A)),
        (when("Here", when("Prod", A, B), C), when("NotProd", when("Here", B, C), when("Here", A, C))),
    ],
)
def test_branches_told_in_another_way_are_no_expansion(one: Json, other: Json) -> None:
    assert answer(staged(one), staged(other)) == "NO_EXPANSION"
    assert answer(staged(other), staged(one)) == "NO_EXPANSION"


def test_a_value_that_no_condition_names_counts_unless_it_is_not_allowed() -> None:
    old, new = when("Prod", A, B), when("Early", B, A)
    assert answer(staged(old), staged(new)) == "NO_EXPANSION"
    assert answer(staged(old, ()), staged(new, ())) == "EXPANSION"
    assert answer(staged(old), staged(new, ("dev", "test", "prod", "demo"))) == "EXPANSION"


def test_many_conditions_of_one_parameter_are_decided() -> None:
    def many(last: Json) -> Json:
        conditions = {f"C{index}": {"Fn::Equals": [{"Ref": "Stage"}, str(index)]} for index in range(12)}
        statements = [
            when(
                name,
                {**(last if name == "C11" else READ), "Resource": f"arn:aws:s3:::{name}/*"},
                {"Ref": "AWS::NoValue"},
            )
            for name in conditions
        ]
        made = template(Worker=role(*statements))
        return {"Parameters": {"Stage": {"Type": "String"}}, "Conditions": conditions, **made}

    assert answer(many(READ), many(READ)) == "NO_EXPANSION"
    (finding,) = compared(many(READ), many(WRITE)).findings
    assert finding.witness.resource.startswith("arn:aws:s3:::C11/")
