"""A plan for people: complete, readable in 80 columns, and safe whatever a template says."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from towpath.review.rendering import render_html, render_markdown, render_text

HOSTILE = "</code><script>alert(1)</script> | `x` **bold** [link](javascript:1)\n# heading"


def plan(**parts: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": 1,
        "plan": "a" * 64,
        "service": "orders",
        "version": "1.1.0",
        "digest": "d" * 64,
        "environment": "staging",
        "stack": "orders",
        "promotion": "orders-1.1.0-staging-1",
        "live_version": "1.0.0",
        "switched": [],
        "decision": "approval_needed",
        "gates": [
            {
                "gate": "privilege",
                "outcome": "inconclusive",
                "decision": "approval_needed",
                "reasons": [{"code": "x", "message": "it is not decided.", "where": "Role", "remedy": "Read it."}],
            }
        ],
        "infrastructure": [
            {
                "kind": "changed",
                "resource": "Queue",
                "type": "AWS::SQS::Queue",
                "physical_id": "q",
                "retained": False,
                "properties": [{"path": "DelaySeconds", "old": 1, "new": HOSTILE, "recreates": False}],
                "caused_by": [],
            }
        ],
        "permissions": [],
        "privileges": {
            "verdict": "EXPANSION",
            "kind": "",
            "catalogue": "2026-10-27",
            "findings": [
                {
                    "title": f"Statement #1 newly allows {HOSTILE}",
                    "subject": "role ${Worker}",
                    "severity": "high",
                    "cause": "grant-added",
                    "grant": "identity policy",
                    "classes": ["escalation"],
                    "statement": {"document": "new", "path": "Resources.Worker.Properties", "sid": "Wide"},
                    "witness": {
                        "action": "iam:PassRole",
                        "resource": "*",
                        "principal": {"AWS": "arn:aws:iam::111122223333:role/r"},
                        "context": {"aws:SourceIp": "203.0.113.7"},
                    },
                    "before": "Denied implicitly.",
                    "after": "Allowed by statement #1.",
                    "actions": {"total": 2, "by_level": {"Write": 2}, "examples": [], "complete": True},
                    "escalations": [{"id": "x", "title": "iam:PassRole to ec2", "steps": ["iam:PassRole"]}],
                }
            ],
            "removed": [
                {
                    "title": "The ACL is gone.",
                    "statement": {"document": "old", "path": "Resources.B"},
                    "witness": {"action": "s3:GetObject", "resource": "*", "context": {}},
                }
            ],
            "unknown": [{"code": "x", "message": "Not known here.", "where": "Resources.X", "remedy": "Read it."}],
        },
        "expansion": "e" * 64,
        "notices": ["Worker switches at once."],
    }
    return {**document, **parts}


_PRIVILEGES = (
    "Resources.Worker.Properties",
    "iam:PassRole",
    "203.0.113.7",
    "Denied implicitly",
    "2 Write",
    "escalation",
    "The ACL is gone",
    "Not known here",
)


@pytest.mark.parametrize("render", [render_text, render_markdown, render_html])
def test_every_form_says_all_of_it(render: Any) -> None:
    text = render(plan())
    for part in (
        "orders",
        "1.1.0",
        "staging",
        "a" * 64,
        "Queue",
        "DelaySeconds",
        "it is not decided",
        "Worker",
        *_PRIVILEGES,
    ):
        assert part in text
    assert re.search(r"towpath approve a{64}", text)


def test_text_fits_a_terminal_of_80_columns_but_for_values_and_digests() -> None:
    long = [line for line in render_text(plan()).splitlines() if len(line) > 80]
    assert all(line.lstrip().startswith(("+", "- plan", "- artifact", "towpath ")) for line in long)


def test_a_finding_names_its_subject_once() -> None:
    document = plan()
    (finding,) = document["privileges"]["findings"]
    finding["title"] = f"{finding['subject']} newly answers GET / without authorization"
    assert f"{finding['severity']}: {finding['title']}" in " ".join(render_text(document).split())


def test_a_first_release_says_so() -> None:
    assert "its first release" in render_text(plan(live_version=""))


def test_a_plan_that_passed_asks_for_nothing() -> None:
    text = render_text(plan(decision="passed", gates=[]))
    assert "towpath approve" not in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


def test_html_runs_nothing_that_a_template_says() -> None:
    tags = Tags()
    tags.feed(render_html(plan(service=HOSTILE, notices=[HOSTILE])))
    assert "script" not in tags.seen
    assert "a" not in tags.seen


def test_markdown_keeps_what_a_template_says_inside_its_cell() -> None:
    rows = [line for line in render_markdown(plan()).splitlines() if line.startswith("| `DelaySeconds`")]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 4
    assert not any(line.startswith("# heading") for line in render_markdown(plan(notices=[HOSTILE])).splitlines())


def test_a_long_value_is_cut_and_says_so() -> None:
    change = {"path": "Body", "old": "x" * 5000, "new": "y", "recreates": True}
    document = plan()
    document["infrastructure"][0]["properties"] = [change]
    text = render_text(document)
    assert "(5000 characters)" in text
    assert "Body (recreates)" in text
    assert len(text) < 4500
    assert json.dumps(document)
