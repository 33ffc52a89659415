"""Which manifests are accepted, what they mean, and how each mistake is named with its place and its remedy."""

import json
from collections.abc import Callable
from typing import Any, cast

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.release.manifest import SCHEMA, Manifest, parse_document, parse_manifest, upload_key
from towpath.verdict import Reason, Verdict

Document = dict[str, Any]
DIGEST = "a" * 64


def document() -> Document:
    return {
        "format": 1,
        "service": "orders",
        "version": "1.2.0",
        "source": {"revision": "abc123", "time": "2026-11-23T07:00:00Z"},
        "stack": "orders-api",
        "template": {"path": "template.json", "sha256": DIGEST, "size": 1234},
        "assets": [{"path": f"assets/{DIGEST}", "sha256": DIGEST, "size": 99, "source": "src/api"}],
        "parameters": {"*": {"LogLevel": "INFO", "Size": "1"}, "production": {"LogLevel": "WARN"}},
        "capabilities": ["CAPABILITY_IAM"],
        "tags": {"team": "orders"},
        "rollout": [
            {
                "function": "ApiFunction",
                "alias": "ApiFunctionLive",
                "alias_name": "live",
                "version_parameter": "TowpathApiFunctionLiveVersion",
                "strategy": "canary-10-percent-5-minutes",
                "alarms": ["ApiErrors"],
            }
        ],
        "probes": [{"name": "api-answers", "kind": "lambda", "function": "ApiFunction", "payload": {"a": 1}}],
        "contracts": [{"path": "contracts/orders.json", "sha256": DIGEST, "size": 1, "kind": "json-schema"}],
    }


def accepted(changed: Document) -> Manifest:
    found = parse_document(changed)
    assert isinstance(found, Manifest), found
    return found


def refused(changed: Any) -> tuple[Reason, ...]:
    found = parse_document(changed)
    assert isinstance(found, Verdict)
    assert found.is_refused
    return found.reasons


def test_reads_every_field() -> None:
    manifest = accepted(document())
    assert (manifest.service, manifest.version, manifest.stack) == ("orders", "1.2.0", "orders-api")
    assert manifest.key == "releases/orders/1.2.0.zip" == upload_key("orders", "1.2.0")
    assert manifest.source.revision == "abc123"
    assert [file.path for file in manifest.files()] == ["template.json", f"assets/{DIGEST}", "contracts/orders.json"]
    assert manifest.rollout[0].alarms == ("ApiErrors",)
    assert manifest.rollout[0].watched is False
    assert manifest.probes[0].request == {"function": "ApiFunction", "payload": {"a": 1}}
    assert manifest.probes[0].phases == ("before", "after")


def test_what_may_be_left_out_has_defaults() -> None:
    least = {name: document()[name] for name in ("format", "service", "version", "template")}
    manifest = accepted({**least, "assets": [], "parameters": {}, "capabilities": []})
    assert manifest.stack == "orders"
    assert (manifest.tags, manifest.rollout, manifest.probes, manifest.contracts) == ({}, (), (), ())


def test_values_of_an_environment_go_before_those_of_all() -> None:
    manifest = accepted(document())
    assert manifest.parameters_for("production") == {"LogLevel": "WARN", "Size": "1"}
    assert manifest.parameters_for("preview") == {"LogLevel": "INFO", "Size": "1"}


def set_field(*path: str | int) -> Callable[[Document, Any], None]:
    def change(whole: Document, value: Any) -> None:
        part: Any = whole
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "place", "words"),
    [
        (("stak",), "x", "$", 'The field "stak" is unknown. Did you mean "stack"?'),
        (("zzz",), 1, "$", 'The field "zzz" is unknown. Known are: $schema, assets, capabilities,'),
        (("assets", 0, "sha265"), "x", "$.assets[0]", 'Did you mean "sha256"?'),
        (("probes", 0, "paylod"), 1, "$.probes[0]", 'Did you mean "payload"?'),
        (("rollout", 0, "alarm"), [], "$.rollout[0]", 'Did you mean "alarms"?'),
        (("assets", 0, "size"), "99", "$.assets[0].size", 'Found "99". It must be an integer.'),
        (("assets", 0, "size"), True, "$.assets[0].size", "Found true. It must be an integer."),
        (("assets", 0, "size"), -1, "$.assets[0].size", "Found -1. It must keep to minimum 0."),
        (("assets", 0, "sha256"), "A" * 64, "$.assets[0].sha256", "lower-case hexadecimal"),
        (("template", "path"), "../t.json", "$.template.path", 'one of "template.json", "template.yaml"'),
        (("parameters", "*", "Size"), 1, "$.parameters.*.Size", "Found 1. It must be a string."),
        (("parameters", "Production"), {}, "$.parameters", '"Production" cannot be a name here.'),
        (("capabilities",), ["CAPABILITY_ALL"], "$.capabilities[0]", "CAPABILITY_NAMED_IAM"),
        (("capabilities",), {}, "$.capabilities", "Found an object. It must be a list."),
        (("probes", 0, "kind"), "telnet", "$.probes[0].kind", "state_machine"),
        (("probes", 0, "timeout_seconds"), 0, "$.probes[0].timeout_seconds", "minimum 1"),
        (("rollout", 0, "strategy"), "canary", "$.rollout[0].strategy", "linear-<percent>-percent-every"),
        (("service",), "Orders", "$.service", "lower-case letters"),
        (("service",), "orders\n", "$.service", "lower-case letters"),
        (("service",), "a", "$.service", "2 to 40"),
        (("format",), "1", "$.format", "It must be 1."),
        (("format",), True, "$.format", "It must be 1."),
    ],
)
def test_a_wrong_field_is_named_with_its_place_and_remedy(
    path: tuple[str | int, ...], value: Any, place: str, words: str
) -> None:
    changed = document()
    set_field(*path)(changed, value)
    (reason,) = refused(changed)
    assert reason.code == "manifest-invalid"
    assert reason.where == f"release.json {place}"
    assert words in f"{reason.message} {reason.remedy}"


@pytest.mark.parametrize(
    ("path", "value", "code", "place"),
    [
        (("version",), "1.2.x", "version-not-semver", "$.version"),
        (("version",), "01.2.0", "version-not-semver", "$.version"),
        (("version",), "v1.2.0", "version-not-semver", "$.version"),
        (("version",), "1.2.0\n", "version-not-semver", "$.version"),
        (("stack",), "ordersapi", "stack-name", "$.stack"),
        (("assets", 0, "sha256"), "b" * 64, "asset-path", "$.assets[0].path"),
        (("contracts", 0, "path"), "contracts/../release.json", "contract-path", "$.contracts[0].path"),
        (("format",), 2, "manifest-format-unsupported", "$.format"),
        (("format",), 10**30, "manifest-format-unsupported", "$.format"),
    ],
)
def test_what_a_schema_cannot_say(path: tuple[str | int, ...], value: Any, code: str, place: str) -> None:
    changed = document()
    set_field(*path)(changed, value)
    (reason,) = refused(changed)
    assert (reason.code, reason.where) == (code, f"release.json {place}")
    assert reason.remedy


@pytest.mark.parametrize("section", ["assets", "contracts", "rollout", "probes"])
def test_an_entry_that_stands_there_twice(section: str) -> None:
    changed = document()
    changed[section] *= 2
    (reason,) = refused(changed)
    assert (reason.code, reason.where) == ("manifest-repetition", f"release.json $.{section}")


@pytest.mark.parametrize("service", ["towpath-x", "towpathology"])
def test_names_of_towpath_are_reserved(service: str) -> None:
    (reason,) = refused({**document(), "service": service, "stack": service})
    assert reason.code == "service-reserved"
    assert accepted({**document(), "service": "towpath", "stack": "towpath-pipeline"}).service == "towpath"


def test_a_missing_field_is_named() -> None:
    changed = document()
    del changed["template"], changed["assets"][0]["size"]
    found = [(reason.where, reason.message) for reason in refused(changed)]
    assert found == [
        ("release.json $", 'The field "template" is missing.'),
        ("release.json $.assets[0]", 'The field "size" is missing.'),
    ]


def test_all_mistakes_are_named_at_once() -> None:
    changed = document()
    changed.update(version=3, stak=1, assets=[1, {}])
    assert len(refused(changed)) == 6


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"format": 1, "format": 1}',
        b'{"format": NaN}',
        b"[" * 5000,
        b'{"a": 1' + b"0" * 5000 + b"}",
    ],
)
def test_what_is_no_json(content: bytes) -> None:
    found = parse_manifest(content)
    assert isinstance(found, Verdict)
    assert [reason.code for reason in found.reasons] == ["manifest-not-json"]


def test_json_of_another_kind() -> None:
    values: tuple[Any, ...] = (None, 1, "x", [])
    for value in values:
        (reason,) = refused(value)
        assert reason.where == "release.json $"
        assert reason.remedy == "It must be an object."


def test_every_kind_of_probe_is_accepted() -> None:
    probes: list[Document] = [
        {"kind": "lambda", "function": "F", "expect": {"status": 200, "json": {"a.b": 1}, "latency_ms": 200}},
        {"kind": "http", "url": "https://example.com/", "expect": {"status": 200}},
        {
            "kind": "http",
            "output": "ApiUrl",
            "path": "/health",
            "method": "POST",
            "body": {},
            "expect": {"status": 200},
        },
        {"kind": "state_machine", "state_machine": "M", "input": {}, "expect": {"status": "SUCCEEDED"}},
        {"kind": "queue", "send_to": "A", "message": {"x": 1}, "receive_from": "B", "expect": {"json": {"x": 1}}},
        {"kind": "event", "detail_type": "D", "source": "s", "detail": {}, "receive_from": "B"},
        {"kind": "table_item", "table": "T", "key": {"id": "1"}, "expect": {"exists": True}},
        {"kind": "object", "bucket": "B", "key": "a/b", "expect": {"exists": False}},
    ]
    named = [{"name": f"p{number}", **probe} for number, probe in enumerate(probes)]
    manifest = accepted({**document(), "probes": named})
    assert [probe.kind for probe in manifest.probes] == [probe["kind"] for probe in probes]


def test_an_http_probe_has_one_address() -> None:
    probe: Document = {
        "name": "p",
        "kind": "http",
        "url": "https://a.example/",
        "output": "U",
        "expect": {"status": 200},
    }
    (reason,) = refused({**document(), "probes": [probe]})
    assert reason.where == "release.json $.probes[0]"
    assert "exactly one of url, output" in reason.remedy


def test_a_hostile_name_stays_on_one_short_line() -> None:
    (reason,) = refused({**document(), "\x1b[2J\n" + "x" * 10_000: 1})
    assert reason.message.isprintable()
    assert len(reason.message) < 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just("{a}[0].b"), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(part: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps: list[tuple[str | int, Any]] = []
    if isinstance(part, dict):
        steps = list(cast("dict[str, Any]", part).items())
    elif isinstance(part, list):
        steps = list(enumerate(cast("list[Any]", part)))
    return [path, *(place for step, inner in steps for place in places(inner, (*path, step)))]


@given(st.sampled_from(places(document())[1:]), json_values)
def test_any_value_anywhere_is_accepted_or_refused_as_the_published_schema_says(
    path: tuple[str | int, ...], value: Any
) -> None:
    """The independent validator and ours agree on shape; nothing that JSON can say makes the reader fall over."""
    changed = document()
    set_field(*path)(changed, value)
    independent = cast("Any", jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())))
    fits = independent.is_valid(changed)
    found = parse_manifest(json.dumps(changed).encode())
    if not fits:
        assert isinstance(found, Verdict)
    elif isinstance(found, Verdict):
        assert not {reason.code for reason in found.reasons} & {"manifest-invalid", "manifest-not-json"}


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json.loads(SCHEMA.read_text()))
