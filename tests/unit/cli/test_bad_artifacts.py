"""Every bad upload that the pipeline refuses is refused on the laptop already, before a byte of it is sent.

The uploads and the codes are those of the end-to-end test of the pipeline. What is wrong with the key or with the
declared digest cannot happen here: `publish` takes both from the artifact.
"""

from pathlib import Path

import pytest

from tests.end_to_end.bad_uploads import BAD
from towpath.aws.runtime import Runtime
from towpath.cli.main import main

OF_THE_UPLOAD = {"service of another key", "version of another key", "key of no release", "wrong declared digest"}
OF_THE_FILE = sorted(BAD.keys() - OF_THE_UPLOAD)


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    def client(_self: Runtime, service: str) -> None:
        raise AssertionError(f"{service} was asked about an artifact that is refused")

    monkeypatch.setattr(Runtime, "client", client)


@pytest.mark.parametrize("name", OF_THE_FILE)
@pytest.mark.usefixtures("no_aws")
def test_a_bad_artifact_is_refused_before_it_is_uploaded(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "release.zip"
    file.write_bytes(BAD[name].make("1.2.3"))
    for command in ("verify", "publish"):
        assert main([command, str(file)]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith(f"towpath: {file} is refused:\n  - ")
        assert f"[{BAD[name].code}]" in told.err
        found, *rest = told.err.splitlines()[1:]
        # What was found is a sentence, and what to do is another one, under it.
        assert found.rpartition(" [")[0].endswith(".")
        assert rest
        assert rest[0].startswith("    ")


def test_what_is_wrong_with_an_upload_only_is_no_fault_of_the_file() -> None:
    assert BAD.keys() > OF_THE_UPLOAD
