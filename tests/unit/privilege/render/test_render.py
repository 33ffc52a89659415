"""A comparison for people and code hosts: what they need is there, and nothing in a policy can pass for markup."""

import json
from typing import Any

import jsonschema
import pytest

from towpath.privilege import Comparison, compare_documents
from towpath.privilege.render.markdown import to_markdown
from towpath.privilege.render.sarif import to_sarif
from towpath.privilege.render.text import to_text
from towpath.verdict import Reason

NOTHING: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
UNKNOWN = Comparison(unknown=(Reason("privilege-not-decided", "It depends.", "new", "Write it out."),))


def expansion(resource: str = "*", sid: str = "All", *, above: int = 0, second: bool = False) -> Comparison:
    statement = {"Sid": sid, "Effect": "Allow", "Action": "iam:*", "Resource": resource}
    first = [{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}] if second else []
    text = "\n" * above + json.dumps({"Version": "2012-10-17", "Statement": [*first, statement]}, indent=1)
    return compare_documents(NOTHING, text, new_name="new.json")


def test_text_says_verdict_place_request_reason_and_reach() -> None:
    text = to_text(expansion())
    assert text.startswith("EXPANSION: ")
    for part in (
        "[critical]",
        "new.json:4:3 Statement[0]",
        "request  iam:",
        "before   Denied implicitly",
        "now      Allowed",
    ):
        assert part in text
    assert "actions: " in text
    assert "path     iam:CreatePolicyVersion" in text


@pytest.mark.parametrize("render", [to_text, to_markdown])
def test_a_proof_and_an_unknown_are_told(render: Any) -> None:
    assert "NO_EXPANSION" in render(compare_documents(NOTHING, NOTHING))
    unknown = render(UNKNOWN)
    assert "UNKNOWN" in unknown
    assert "privilege-not-decided" in unknown


def test_what_is_gone_is_told() -> None:
    gone = compare_documents(expansion_document(), NOTHING)
    assert "access that is gone" in to_text(gone)
    assert "<details>" in to_markdown(gone)


def expansion_document() -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}


def test_markdown_shows_what_policies_say_as_code() -> None:
    text = to_markdown(expansion("arn:aws:iam::1:user/`<script>|", sid="a`b"))
    (row,) = [line for line in text.splitlines() if line.startswith("| request |")]
    assert row.count("|") - row.count("\\|") == 3
    assert "`` iam:" in row or "``iam:" in row


def test_sarif_has_what_code_hosts_ask_for() -> None:
    sarif = to_sarif(expansion())
    (run,) = sarif["runs"]
    (result,) = run["results"]
    assert sarif["version"] == "2.1.0"
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert result["level"] == "error"
    location = result["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": "new.json"}, "region": {"startLine": 4, "startColumn": 3}}
    jsonschema.validate(sarif, SARIF_CORE)
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["properties"]["security-severity"] == "9.5"  # code hosts read the score of the rule only
    assert rule["fullDescription"]["text"]
    assert rule["help"]["text"]


def test_sarif_shows_at_a_place_what_is_not_decided() -> None:
    sarif = to_sarif(UNKNOWN, document="a b:c.yaml")
    (undecided,) = sarif["runs"][0]["results"]
    jsonschema.validate(sarif, SARIF_CORE)
    assert undecided["level"] == "error"
    assert undecided["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "a%20b%3Ac.yaml"}}}]
    placed = Comparison(unknown=(Reason("privilege-not-decided", "It depends.", "t.yaml:12:5 Resources.A"),))
    (undecided,) = to_sarif(placed)["runs"][0]["results"]
    assert undecided["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "t.yaml"},
        "region": {"startLine": 12, "startColumn": 5},
    }


def test_a_finding_keeps_its_fingerprint_when_lines_move_and_only_then() -> None:
    one, moved, other = (
        to_sarif(found)["runs"][0]["results"][0] for found in (expansion(), expansion(above=3), expansion(second=True))
    )
    lines = [found["locations"][0]["physicalLocation"]["region"]["startLine"] for found in (one, moved)]
    assert lines[0] != lines[1]
    assert one["partialFingerprints"] == moved["partialFingerprints"] != other["partialFingerprints"]


# The parts of the SARIF schema that our output touches; the whole of it is 3,000 lines.
SARIF_CORE: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {"required": ["driver"], "properties": {"driver": {"required": ["name", "rules"]}}},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "level"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"required": ["text"], "properties": {"text": {"minLength": 1}}},
                            },
                        }
                    },
                },
            }
        },
    },
}
