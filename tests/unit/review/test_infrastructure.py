"""The infrastructure diff: kinds, old and new values, certain and possible replacement, masked secrets."""

from typing import Any

import pytest

from towpath.review.change_set import KNOWN_AFTER_APPLY, Action, Cause, ResourceChange
from towpath.review.infrastructure import ABSENT, Kind, compare_infrastructure
from towpath.review.masking import Mask

MASK = Mask(["hunter22"], salt=b"salt")


def change(action: Action = Action.MODIFY, **parts: Any) -> ResourceChange:
    fields: dict[str, Any] = {
        "logical_id": "Table",
        "resource_type": "AWS::DynamoDB::Table",
        "physical_id": "orders",
        "replacement": "False",
        "policy_action": "",
        "before": {},
        "after": {},
        "causes": (),
        **parts,
    }
    return ResourceChange(action=action, **fields)


def recreating(name: str) -> Cause:
    return Cause("Properties", name, "Always", "Static", "")


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (change(Action.ADD), Kind.ADDED),
        (change(Action.IMPORT), Kind.ADDED),
        (change(Action.REMOVE), Kind.REMOVED),
        (change(Action.DYNAMIC), Kind.UNDECIDED),
        (change(), Kind.CHANGED),
        (change(replacement="Conditional"), Kind.POSSIBLY_REPLACED),
    ],
)
def test_kinds(found: ResourceChange, kind: Kind) -> None:
    assert compare_infrastructure([found], MASK)[0].kind is kind


def test_a_replacement_is_certain_when_a_known_value_that_recreates_differs() -> None:
    found = change(
        replacement="True", before={"TableName": "a"}, after={"TableName": "b"}, causes=(recreating("TableName"),)
    )
    assert compare_infrastructure([found], MASK)[0].kind is Kind.REPLACED


def test_a_replacement_is_only_possible_while_its_cause_is_not_known() -> None:
    found = change(
        replacement="True",
        before={"TableName": "a"},
        after={"TableName": KNOWN_AFTER_APPLY},
        causes=(recreating("TableName"),),
    )
    assert compare_infrastructure([found], MASK)[0].kind is Kind.POSSIBLY_REPLACED


def test_a_replacement_that_shows_no_properties_is_taken_at_its_word() -> None:
    assert compare_infrastructure([change(replacement="True")], MASK)[0].kind is Kind.REPLACED


def test_values_are_compared_leaf_by_leaf() -> None:
    before = {"Environment": {"Variables": {"LEVEL": "INFO", "OLD": "1"}}, "Layers": ["a", "b"]}
    after = {"Environment": {"Variables": {"LEVEL": "WARN", "NEW": "2"}}, "Layers": ["a", "c"]}
    (found,) = compare_infrastructure([change(before=before, after=after)], MASK)
    assert [(item.path, item.old, item.new) for item in found.properties] == [
        ("Environment/Variables/LEVEL", "INFO", "WARN"),
        ("Environment/Variables/NEW", ABSENT, "2"),
        ("Environment/Variables/OLD", "1", ABSENT),
        ("Layers/1", "b", "c"),
    ]


def test_a_changed_secret_shows_as_changed_and_is_not_shown() -> None:
    (found,) = compare_infrastructure(
        [change(before={"Password": "first-one"}, after={"Password": "second-one"})], MASK
    )
    (item,) = found.properties
    assert item.old != item.new
    assert "first-one" not in str(item.old)
    assert "second-one" not in str(item.new)


def test_a_value_that_becomes_null_is_not_absent() -> None:
    (found,) = compare_infrastructure([change(before={"A": 1}, after={"A": None})], MASK)
    assert (found.properties[0].old, found.properties[0].new) == (1, None)


def test_the_harshest_comes_first() -> None:
    found = compare_infrastructure([change(Action.ADD, logical_id="A"), change(Action.REMOVE, logical_id="B")], MASK)
    assert [item.kind for item in found] == [Kind.REMOVED, Kind.ADDED]


def test_a_retained_resource_says_so() -> None:
    (found,) = compare_infrastructure([change(Action.REMOVE, policy_action="Retain")], MASK)
    assert found.retained
