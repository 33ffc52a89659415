"""What is taken as a policy, what is refused, and that a refusal says what and where."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.privilege import Answer, PolicyError, compare_documents
from towpath.privilege.parse import parse_policy
from towpath.privilege.statement import Kind

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
ANYBODY = {**ALLOW, "Principal": "*"}


def policy(**changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{**ALLOW, **changes}]}


def without(name: str, statement: dict[str, Any] = ALLOW) -> dict[str, Any]:
    kept = {key: value for key, value in statement.items() if key != name}
    return {"Version": "2012-10-17", "Statement": [kept]}


def test_a_statement_may_be_an_object_or_a_list() -> None:
    one = parse_policy({"Version": "2012-10-17", "Statement": ALLOW})
    assert one.statements == parse_policy(policy()).statements


def test_text_in_json_and_yaml_reads_the_same_and_knows_its_lines() -> None:
    from_json = parse_policy(json.dumps(policy(), indent=1), name="a.json")
    yaml = "Version: 2012-10-17\nStatement:\n  - Effect: Allow\n    Action: s3:GetObject\n    Resource: '*'\n"
    from_yaml = parse_policy(yaml, name="a.yaml")
    assert from_json.statements == from_yaml.statements
    assert from_yaml.statements[0].place.position.line == 3
    assert str(from_yaml.statements[0].place) == "a.yaml:3:5 Statement[0]"


def test_numbers_and_booleans_are_what_they_say() -> None:
    block = {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:max-keys": 10}}
    (statement,) = parse_policy(policy(Condition=block)).statements
    assert [condition.values for condition in statement.conditions] == [("true",), ("10",)]


REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    ({"Version": "2012-10-17"}, "identity", "policy-statement-missing", "policy"),
    ({"Version": "2013", "Statement": []}, "identity", "policy-version", "Version"),
    ({"Version": "2012-10-17", "Statement": [], "Extra": 1}, "identity", "policy-unknown-element", "Extra"),
    ({"Version": "2012-10-17", "Statement": ["x"]}, "identity", "policy-not-an-object", "Statement[0]"),
    (policy(effect="Allow"), "identity", "policy-unknown-element", "Statement[0].effect"),
    (policy(Effect="allow"), "identity", "policy-effect", "Statement[0].Effect"),
    (without("Effect"), "identity", "policy-effect", "Statement[0].Effect"),
    (without("Action"), "identity", "policy-action-missing", "Statement[0]"),
    (without("Resource"), "identity", "policy-resource-missing", "Statement[0]"),
    (policy(NotAction="s3:*"), "identity", "policy-both-elements", "Statement[0]"),
    (policy(NotResource="*"), "identity", "policy-both-elements", "Statement[0]"),
    (policy(Action=[{}]), "identity", "policy-not-a-string", "Statement[0].Action[0]"),
    (policy(Action=None), "identity", "policy-not-a-string", "Statement[0].Action"),
    (policy(Principal="*"), "identity", "policy-principal-prohibited", "Statement[0].Principal"),
    (policy(), "resource", "policy-principal-missing", "Statement[0]"),
    (policy(Principal="me"), "resource", "policy-principal", "Statement[0].Principal"),
    (policy(Principal={"Aws": "*"}), "resource", "policy-principal-type", "Statement[0].Principal.Aws"),
    (policy(Principal="*", NotPrincipal="*"), "resource", "policy-both-elements", "Statement[0]"),
    (policy(Principal="*"), "trust", "policy-resource-prohibited", "Statement[0]"),
    (policy(Condition=[]), "identity", "policy-condition", "Statement[0].Condition"),
    (policy(Condition={"StringEquals": "x"}), "identity", "policy-condition", "Statement[0].Condition.StringEquals"),
    (policy(Condition={"StringIs": {"a": "b"}}), "identity", "policy-operator", "Statement[0].Condition.StringIs"),
]


@pytest.mark.parametrize(("document", "kind", "code", "path"), REFUSED, ids=[f"{row[2]}-{row[3]}" for row in REFUSED])
def test_what_is_no_policy_is_refused_with_its_place(document: dict[str, Any], kind: str, code: str, path: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(document, kind=Kind(kind), name="policy")
    assert refused.value.reason.code == code
    assert refused.value.reason.where.endswith(path)
    assert refused.value.reason.remedy


@pytest.mark.parametrize("text", ["", "[]", "{", "a: [", '{"Statement": 1, "Statement": 2}', "\x00"])
def test_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("aA*${}:,?'", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


elements = st.sampled_from([*ALLOW, "Principal", "NotAction", "NotResource", "Condition"])


@given(st.dictionaries(elements, anything))
def test_any_statement_is_compared_or_refused_never_a_crash(statement: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": [{**ALLOW, **statement}]}
    with suppress(PolicyError):
        assert compare_documents(document, document).verdict is Answer.NO_EXPANSION
