"""The synthesised templates: once for the settings of this repository, once for a pipeline that knows no account."""

import shutil
from pathlib import Path

import pytest

from app import pipeline_props
from pipeline_stack.assembly import synthesise
from tests.infrastructure.templates import ROOT, Assembly, Template
from towpath.promotion.settings_file import parse_settings

PARTS = ("app.py", "cdk.json", "pyproject.toml", "towpath.toml", "towpath", "handlers", "pipeline_stack", "docs/events",
         "statemachines")  # fmt: skip

# Everything in one account that nobody has named, and nobody who uploads or approves.
PLAIN = """
format = 1
[pipeline]
alarm_topics = ["arn:aws:sns:eu-west-1:000000000000:on-call"]
[paths]
default = ["lab"]
[environments.lab]
execution_policies = ["arn:aws:iam::000000000000:policy/Deploy"]
permissions_boundary = "arn:aws:iam::000000000000:policy/Boundary"
gates.second_opinion = "access-analyzer"
"""


def _assembly(settings: str, folder: Path) -> Assembly:
    synthesise(pipeline_props(parse_settings(settings), folder / "build"), folder / "cdk.out")
    return Assembly(folder / "cdk.out")


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of everything that the assembly is made of, taken just before it is made."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for part in PARTS:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


@pytest.fixture(scope="session")
def assembly(elsewhere: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Four environments in four accounts."""
    settings = (ROOT / "towpath.toml").read_text("utf-8")
    return _assembly(settings, tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """One environment beside the pipeline, wherever that may be."""
    return _assembly(PLAIN, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def pipeline(assembly: Assembly) -> Template:
    return assembly.template("towpath-pipeline")


@pytest.fixture(scope="session")
def production(assembly: Assembly) -> Template:
    return assembly.template("towpath-environment-production")


@pytest.fixture(scope="session")
def home(assembly: Assembly) -> Template:
    return assembly.template("towpath-environment-home")
