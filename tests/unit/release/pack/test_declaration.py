"""What a team declares: its shape is checked, every mistake names its key, and the nearer word wins."""

from pathlib import Path
from typing import Any

import pytest

from towpath.release.pack.declaration import Declaration, read_declaration
from towpath.release.pack.rollout.wish import RolloutWish
from towpath.verdict import Verdict

FULL = """
service = "orders"
version = "1.2.0"
stack = "orders-eu"
exclude = ["tests/*"]
tags = {team = "orders"}
[parameters."*"]
Level = "INFO"
Count = 3
On = true
Zones = ["a", "b"]
[parameters.production]
Level = "WARN"
[rollout.ApiFunction]
strategy = "all-at-once"
alarms = ["Errors"]
keep = ["Resources.X"]
[rollout.Worker]
[[probes]]
name = "answers"
kind = "lambda"
[[contracts]]
path = "contracts/a.json"
kind = "json-schema"
"""


def read(tmp_path: Path, text: str, name: str = "release.toml", section: str | None = None) -> Any:
    (tmp_path / name).write_text(text)
    return read_declaration(tmp_path / name, section)


def test_a_full_declaration_is_read_with_values_as_texts(tmp_path: Path) -> None:
    found = read(tmp_path, FULL)
    assert found.parameters == {
        "*": {"Level": "INFO", "Count": "3", "On": "true", "Zones": "a,b"},
        "production": {"Level": "WARN"},
    }
    assert found.rollout[0] == RolloutWish("ApiFunction", "all-at-once", ("Errors",), ("Resources.X",))
    assert found.rollout[1] == RolloutWish("Worker")
    assert found.contracts[0].path == tmp_path / "contracts/a.json"
    assert (found.service, found.version, found.stack, found.exclude) == ("orders", "1.2.0", "orders-eu", ("tests/*",))


def test_a_file_may_hold_one_section_alone(tmp_path: Path) -> None:
    assert read(tmp_path, '{"*": {"A": "b"}}', "p.json", "parameters").parameters == {"*": {"A": "b"}}
    assert read(tmp_path, '{"parameters": {"*": {"A": "b"}}}', "p.json", "parameters").parameters == {"*": {"A": "b"}}
    assert read(tmp_path, '[{"name": "a"}]', "p.json", "probes").probes == ({"name": "a"},)


def test_the_nearer_declaration_wins_and_parameters_merge() -> None:
    far = Declaration(service="a", version="1.0.0", parameters={"*": {"A": "1", "B": "1"}}, rollout=(RolloutWish("F"),))
    near = Declaration(version="2.0.0", parameters={"*": {"B": "2"}, "x": {"A": "3"}}, rollout=(RolloutWish("F", "s"),))
    found = near.over(far)
    assert (found.service, found.version) == ("a", "2.0.0")
    assert found.parameters == {"*": {"A": "1", "B": "2"}, "x": {"A": "3"}}
    assert found.rollout == (RolloutWish("F", "s"),)


WRONG = {
    "unknown key": ('servise = "x"', "$"),
    "wrong type": ("version = 1", "$.version"),
    "nested table": ('[parameters."*"]\nA = {b = 1}', "$.parameters.*.A"),
    "unknown rollout key": ("[rollout.F]\nalarm = []", "$.rollout.F"),
    "contract without kind": ('[[contracts]]\npath = "a"', "$.contracts[0]"),
    "not TOML": ("a = = b", "release.toml"),
    "not UTF-8": ("a = '\udcff'", "release.toml"),
}


@pytest.mark.parametrize(("text", "place"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_names_its_key(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "release.toml").write_bytes(text.encode(errors="surrogateescape"))
    found = read_declaration(tmp_path / "release.toml")
    assert isinstance(found, Verdict)
    assert found.reasons[0].where.endswith(place)
    assert found.reasons[0].remedy


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert isinstance(read_declaration(tmp_path / "x.toml"), Verdict)
