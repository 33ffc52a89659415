"""Laws of expressions: documents pass through unchanged, and what is computed is JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.asl import jsonata
from local_cloud.asl.failure import QUERY_EVALUATION, StateFailure

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False, width=32)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def value(expression: str, **names: Any) -> Any:
    return jsonata.evaluate(f"{{% {expression} %}}", names, "Output")


@given(document=DOCUMENTS)
def test_a_document_passes_through_unchanged(document: Any) -> None:
    assert value("$document", document=document) == document


@given(document=DOCUMENTS)
def test_a_document_survives_being_text(document: Any) -> None:
    assert value("$parse($text)", text=json.dumps(document)) == document


@given(document=DOCUMENTS)
def test_evaluating_does_not_change_what_it_is_given(document: Any) -> None:
    before = json.dumps(document)
    value("[$document, $document]", document=document)
    assert json.dumps(document) == before


@given(template=st.dictionaries(st.text(), st.integers() | st.text().filter(lambda text: not text.startswith("{%"))))
def test_what_is_no_expression_stays(template: dict[str, Any]) -> None:
    assert jsonata.evaluate(template, {}, "Output") == template


@given(size=st.integers(1, 5), items=st.lists(st.integers(), max_size=12))
def test_partitions_hold_everything_once_and_in_order(size: int, items: list[int]) -> None:
    parts = value("$partition($items, $size)", items=items, size=size)
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])


@given(start=st.integers(-20, 20), end=st.integers(-20, 20), step=st.integers(-5, 5).filter(bool))
def test_ranges_include_both_ends(start: int, end: int, step: int) -> None:
    found = value("$range($start, $end, $step)", start=start, end=end, step=step)
    expected = list(range(start, end + (1 if step > 0 else -1), step))
    assert found == expected


def test_the_time_limit_begins_with_each_evaluation() -> None:
    endless = "($f := function($x) { $f($x + 1) }; $f(1))"
    for _ in range(2):
        with pytest.raises(StateFailure) as failure:
            value(endless)
        assert failure.value.error == QUERY_EVALUATION
    assert value("1 + 1") == 2


@pytest.mark.parametrize("expression", ["function($x) { 1 }", "1e308 * 10"])
def test_what_is_no_json_fails(expression: str) -> None:
    with pytest.raises(StateFailure):
        value(expression)


def test_a_type_is_demanded() -> None:
    assert jsonata.typed("{% 1 + 1 %}", {}, "Seconds", "number") == 2
    with pytest.raises(StateFailure, match="Expected 'number', but was 'string'"):
        jsonata.typed("{% 'a' %}", {}, "Seconds", "number")
