"""The result's JSON form follows its schema, and results of several comparisons can be put together."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from tests.unit.privilege.small_universe import documents
from towpath.privilege import Answer, Comparison, Severity, compare_documents, together
from towpath.verdict import Reason

SCHEMA = json.loads(files("towpath.privilege").joinpath("schema", "comparison.schema.json").read_text(encoding="utf-8"))

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
ADMIN = {"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Sid": "All"}


def check(comparison: Comparison) -> None:
    """The JSON form of a result must follow the schema, after a round trip through text."""
    jsonschema.validate(json.loads(json.dumps(comparison.to_json())), SCHEMA)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@settings(max_examples=40, deadline=None)
@given(documents(principals=True, conditions=1), documents(principals=True, conditions=1))
def test_every_result_follows_the_schema(old: dict[str, Any], new: dict[str, Any]) -> None:
    check(compare_documents(old, new, "resource"))


def test_an_unknown_follows_the_schema() -> None:
    unknown = Comparison(unknown=(Reason("code", "message", "where", "remedy"),))
    assert unknown.verdict is Answer.UNKNOWN
    check(unknown)


def test_together_the_gravest_comes_first_and_an_expansion_outweighs_what_is_unknown() -> None:
    unknown = Comparison(unknown=(Reason("code", "message"),))
    reading = compare_documents(policy(), policy(READ))
    managing = compare_documents(policy(), policy(ADMIN)).about("role A")
    both = together([unknown, reading, managing])
    assert both.verdict is Answer.EXPANSION
    assert [finding.severity for finding in both.findings] == [Severity.CRITICAL, Severity.LOW]
    assert both.findings[0].subject == "role A"
    assert both.unknown == unknown.unknown


def test_a_finding_says_where_the_statement_stands() -> None:
    text = f'{{\n "Version": "2012-10-17",\n "Statement": [\n  {json.dumps(ADMIN)}\n ]\n}}'
    (finding,) = compare_documents(policy(), text, new_name="new.json").findings
    assert finding.location.to_json() == {
        "document": "new.json",
        "path": "Statement[0]",
        "line": 4,
        "column": 3,
        "index": 0,
        "sid": "All",
    }


@pytest.mark.parametrize(
    ("old", "new", "kind", "classes", "severity"),
    [
        ([], [READ], "identity", [], "low"),
        ([], [{**READ, "Action": "s3:PutObject"}], "identity", [], "medium"),
        ([], [{**READ, "Action": "s3:PutBucketPolicy"}], "identity", [], "high"),
        ([], [{**READ, "Action": "s3:NoSuchAction"}], "identity", ["not-catalogue-valid"], "low"),
        ([], [{**READ, "Principal": "*"}], "resource", ["public"], "high"),
        ([], [{**READ, "Action": "s3:PutObject", "Principal": "*"}], "resource", ["public"], "critical"),
        ([], [{**READ, "Principal": {"AWS": "444455556666"}}], "resource", ["cross-account"], "high"),
        ([], [{**READ, "Principal": {"Service": "cloudtrail.amazonaws.com"}}], "resource", ["confused-deputy"], "high"),
        ([READ], [READ, {**READ, "Action": "s3:Put*"}], "boundary", ["ceiling"], "high"),
    ],
)
def test_classes_and_severity(
    old: list[dict[str, Any]], new: list[dict[str, Any]], kind: str, classes: list[str], severity: str
) -> None:
    (finding,) = compare_documents(policy(*old), policy(*new), kind).findings
    assert [item.value for item in finding.classes] == classes
    assert finding.severity.value == severity
