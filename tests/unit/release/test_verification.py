"""Which artifacts are releases, and how each thing that is wrong with one is named."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.release.artifact_builder import CODE, TEMPLATE, artifact, artifact_files, described, sha256
from towpath.release.unpack.limits import DEFAULT_LIMITS
from towpath.release.verification import Verification, verify_artifact
from towpath.verdict import Reason

ASSET = f"assets/{sha256(CODE)}"


def verify(content: bytes, **given: Any) -> Verification:
    return verify_artifact(BytesIO(content), **given)


def reasons_of(content: bytes, **given: Any) -> tuple[Reason, ...]:
    found = verify(content, **given)
    assert found.verdict.is_refused
    assert found.manifest is None
    assert not found.assets
    assert all(reason.remedy for reason in found.verdict.reasons)
    return found.verdict.reasons


def codes_of(content: bytes, **given: Any) -> list[str]:
    return [reason.code for reason in reasons_of(content, **given)]


def without(name: str) -> bytes:
    return artifact({path: content for path, content in artifact_files().items() if path != name})


def test_a_sound_artifact() -> None:
    content = artifact()
    found = verify(content, expected_digest=sha256(content), key="releases/orders/1.2.0.zip")
    assert found.verdict.is_passed
    assert (found.digest, found.size) == (sha256(content), len(content))
    assert found.manifest is not None
    assert found.manifest.service == "orders"
    assert {digest: entry.name for digest, entry in found.assets.items()} == {sha256(CODE): ASSET}


def test_compressed_by_another_tool_it_is_another_artifact_of_the_same_release() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in artifact_files().items():
            archive.writestr(name, content)
        archive.writestr("assets/", b"")
    assert verify(buffer.getvalue()).verdict.is_passed


def test_progress_is_told_every_byte() -> None:
    content, told = artifact(), list[int]()
    verify_artifact(BytesIO(content), progress=told.append)
    assert sum(told) == len(content)


def test_declared_digest() -> None:
    (reason,) = reasons_of(artifact(), expected_digest="0" * 64)
    assert reason.code == "digest-mismatch"
    assert sha256(artifact()) in reason.message
    assert verify(artifact(), expected_digest=sha256(artifact()).upper()).verdict.is_passed


@pytest.mark.parametrize(
    ("key", "codes"),
    [
        ("releases/orders/1.2.1.zip", ["key-version-mismatch"]),
        ("releases/billing/1.2.0.zip", ["key-service-mismatch"]),
        ("releases/billing/9.zip", ["key-service-mismatch", "key-version-mismatch"]),
        ("releases/orders.zip", ["key-misplaced"]),
        ("elsewhere/orders/1.2.0.zip", ["key-misplaced"]),
        ("releases/orders/1.2.0.zip\n", ["key-misplaced"]),
    ],
)
def test_the_key_must_match(key: str, codes: list[str]) -> None:
    assert codes_of(artifact(), key=key) == codes


def test_hostile_zip() -> None:
    content = artifact()
    assert codes_of(content[:-5]) == ["archive-truncated"]
    assert codes_of(content.replace(CODE, CODE.replace(b"sound", b"SOUND"))) == ["archive-wrong-checksum"]


def test_manifest_missing() -> None:
    assert codes_of(without("release.json")) == ["manifest-missing"]
    nested = artifact({f"build/{name}": content for name, content in artifact_files().items()})
    (reason,) = reasons_of(nested)
    assert "build/release.json" in reason.remedy


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (b"not json", "manifest-not-json"),
        (b"[]", "manifest-invalid"),
        (b'{"format": 7}', "manifest-format-unsupported"),
        (json.dumps({**json.loads(artifact_files()["release.json"]), "extra": 1}).encode(), "manifest-invalid"),
        (json.dumps({**json.loads(artifact_files()["release.json"]), "assets": {}}).encode(), "manifest-invalid"),
        (
            json.dumps({**json.loads(artifact_files()["release.json"]), "version": "1.2.x"}).encode(),
            "version-not-semver",
        ),
    ],
)
def test_bad_manifest(manifest: bytes, code: str) -> None:
    assert codes_of(artifact({**artifact_files(), "release.json": manifest})) == [code]


def test_manifest_and_template_too_large() -> None:
    files = artifact_files()
    assert codes_of(artifact({**files, "release.json": bytes(1_048_577)})) == ["manifest-too-large"]
    assert codes_of(artifact({**files, "template.json": bytes(1_000_001)})) == ["template-too-large"]


def test_the_largest_template_is_taken() -> None:
    text = json.dumps({**TEMPLATE, "Description": "x" * 500}).encode()
    files = artifact_files(template=text + b" " * (1_000_000 - len(text)))
    assert verify(artifact(files)).verdict.is_passed


def test_asset_missing() -> None:
    (reason,) = reasons_of(without(ASSET))
    assert (reason.code, reason.where) == ("asset-missing", f'"{ASSET}"')


def test_template_missing() -> None:
    assert codes_of(without("template.json")) == ["template-missing"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (f"assets/{'0' * 64}", "asset-extra"),
        ("template.yaml", "template-extra"),
        ("contracts/a.json", "contract-extra"),
        ("README.md", "file-extra"),
        ("attestations/x/y.jsonl", "file-extra"),
    ],
)
def test_extra_file(name: str, code: str) -> None:
    assert codes_of(artifact({**artifact_files(), name: b""})) == [code]


def test_attestations_may_come_along() -> None:
    assert verify(artifact({**artifact_files(), "attestations/build.intoto.jsonl": b"{}"})).verdict.is_passed


def test_wrong_digest_and_wrong_size() -> None:
    files = artifact_files()
    same_size = CODE.replace(b"sound", b"SOUND")
    assert codes_of(artifact({**files, ASSET: same_size})) == ["asset-wrong-digest"]
    assert codes_of(artifact({**files, ASSET: CODE + b"#"})) == ["asset-wrong-size"]
    assert codes_of(artifact({**files, "template.json": files["template.json"] + b" "})) == ["template-wrong-size"]


def test_contracts_are_checked_too() -> None:
    contract = {**described("contracts/a.json", b"{}"), "kind": "json-schema"}
    files = artifact_files(contracts=[contract])
    assert codes_of(artifact(files)) == ["contract-missing"]
    assert verify(artifact({**files, "contracts/a.json": b"{}"})).verdict.is_passed


def with_template(template: Mapping[str, Any] | bytes, **manifest: Any) -> bytes:
    return artifact(artifact_files(template=template, **manifest))


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (b"just words", "template-not-a-mapping"),
        (b'{"a"', "template-not-json"),
        (b"\xff", "template-not-utf8"),
        (b"Resources: !!python/object:os.system {}", "template-unsupported-tag"),
        ({"Description": "nothing"}, "template-without-resources"),
        ({"Resources": {}}, "template-without-resources"),
        ({"Resources": {"A": {"Properties": {}}}}, "template-resource-without-type"),
        ({"Resources": {"A": 1}}, "template-resource-without-type"),
    ],
)
def test_what_is_no_template(template: Mapping[str, Any] | bytes, code: str) -> None:
    (reason,) = reasons_of(with_template(template))
    assert reason.code == code
    assert reason.where.startswith("template.json")


def test_a_parameter_that_no_environment_sets() -> None:
    (reason,) = reasons_of(artifact(artifact_files(parameters={})))
    assert reason.code == "parameter-missing"
    assert "LogLevel" in reason.message


def test_a_parameter_that_one_environment_does_not_set() -> None:
    parameters = {"preview": {}, "production": {"LogLevel": "WARN"}}
    (reason,) = reasons_of(artifact(artifact_files(parameters=parameters)))
    assert reason.message == "The parameter LogLevel has no default and no value (preview)."


def test_the_environments_of_the_path_decide_when_they_are_known() -> None:
    content = artifact(artifact_files(parameters={"production": {"LogLevel": "WARN"}}))
    assert verify(content).verdict.is_passed
    assert codes_of(content, environments=["staging", "production"]) == ["parameter-missing"]


@pytest.mark.parametrize(
    ("values", "code"),
    [({"LogLevel": "LOUD"}, "parameter-not-allowed"), ({"LogLevel": "INFO", "Loglevel": "x"}, "parameter-unknown")],
)
def test_values_that_the_template_does_not_take(values: dict[str, str], code: str) -> None:
    assert codes_of(artifact(artifact_files(parameters={"*": values}))) == [code]


def test_parameters_of_towpath_are_not_for_releases_to_set() -> None:
    values = {"LogLevel": "INFO", "TowpathAssetBucket": "mine"}
    (reason,) = reasons_of(artifact(artifact_files(parameters={"*": values})))
    assert (reason.code, reason.where) == ("parameter-reserved", "release.json $.parameters.*.TowpathAssetBucket")


ROLLOUT = {"function": "ApiFunction", "alias": "Live", "alias_name": "live", "strategy": "all-at-once"}


def test_names_of_the_manifest_must_be_in_the_template() -> None:
    probe = {"name": "p", "kind": "lambda", "function": "ApiFunktion"}
    rollout = [{**ROLLOUT, "version_parameter": "TowpathLive"}]
    found = reasons_of(artifact(artifact_files(rollout=rollout, probes=[probe])))
    assert [(reason.code, reason.where) for reason in found] == [
        ("rollout-parameter-missing", "release.json $.rollout[0].version_parameter"),
        ("resource-unknown", "release.json $.rollout[0].alias"),
        ("resource-unknown", "release.json $.probes[0].function"),
    ]


def test_what_a_transform_makes_cannot_be_missed() -> None:
    template = {**TEMPLATE, "Transform": "AWS::Serverless-2016-10-31"}
    assert verify(with_template(template, rollout=[ROLLOUT])).verdict.is_passed


def test_everything_that_is_wrong_is_said_at_once() -> None:
    files = artifact_files(parameters={})
    content = artifact({**files, ASSET: b"other", "more": b""})
    codes = codes_of(content, expected_digest="0" * 64, key="releases/orders/1.zip")
    assert codes == ["digest-mismatch", "key-version-mismatch", "asset-wrong-size", "file-extra", "parameter-missing"]


def test_limits_are_obeyed() -> None:
    assert codes_of(artifact(), limits=replace(DEFAULT_LIMITS, entries=2)) == ["archive-too-many-entries"]


@given(st.data())
def test_no_single_changed_byte_goes_unnoticed(data: st.DataObject) -> None:
    """Against the declared digest no change passes; the verdict is a value whatever the bytes are."""
    content = bytearray(artifact())
    declared = sha256(bytes(content))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    assert verify(bytes(content), expected_digest=declared).verdict.is_refused
