"""Tells code from what must still be built into code. Packing builds nothing and installs nothing.

A folder that holds only sources of a compiled language, or a layer that holds only a list of packages, would deploy and
then fail. Both are refused with the way out: build it (`sam build`, or the project's own tool), then pack the output.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from towpath.release.pack.findings import Findings
from towpath.template.traversal import mapping

_REMEDY = "Build it first (for example: sam build), then pack the build's output (.aws-sam/build/template.yaml)."
_PACKAGE_LISTS = frozenset(
    {"requirements.txt", "Pipfile", "pyproject.toml", "package.json", "package-lock.json", "Gemfile", "Gemfile.lock",
     "pom.xml", "build.gradle", "go.mod", "go.sum", "Cargo.toml", "Makefile", "README.md", "poetry.lock", "uv.lock",
     "yarn.lock", "pnpm-lock.yaml", "Pipfile.lock"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A language whose sources are no code yet: its runtimes, what gives sources away, and what a build leaves."""

    language: str
    runtimes: tuple[str, ...]
    sources: tuple[str, ...]
    built: Callable[[Path], bool]


def _has(*patterns: str, outside: Collection[str] = ()) -> Callable[[Path], bool]:
    def holds(folder: Path) -> bool:
        found = (path for pattern in patterns for path in folder.rglob(pattern))
        return any(not set(path.relative_to(folder).parts) & set(outside) for path in found)

    return holds


_NATIVE = ("provided", "go1.x")
_COMPILED = (
    _Compiled(
        "Java",
        ("java",),
        ("pom.xml", "build.gradle", "build.gradle.kts"),
        _has("lib/*.jar", "*.class", outside=("target", "build")),
    ),
    _Compiled("Go", _NATIVE, ("go.mod",), _has("bootstrap")),
    _Compiled("Rust", _NATIVE, ("Cargo.toml",), _has("bootstrap")),
    _Compiled(".NET", ("dotnet", "provided"), ("*.csproj", "*.fsproj"), _has("*.dll", outside=("obj", "bin"))),
    _Compiled(
        "TypeScript", ("nodejs",), ("tsconfig.json", "*.ts"), _has("*.js", "*.mjs", "*.cjs", outside=("node_modules",))
    ),
)


class BuildCheck:
    """Looks at the folders of functions and layers of one source template."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def function(self, logical_id: str, entry: Mapping[str, Any], runtime: Any, folder: Path, where: str) -> None:
        """Refuses a function whose folder holds sources that need a build."""
        method = mapping(entry.get("Metadata")).get("BuildMethod")
        for compiled in _COMPILED:
            if isinstance(runtime, str) and not runtime.startswith(compiled.runtimes):
                continue
            if any(list(folder.glob(pattern)) for pattern in compiled.sources) and not compiled.built(folder):
                said = f"The code of {logical_id} is {compiled.language} source that has not been built."
                self._findings.refuse("needs-build", said, where, _REMEDY)
                return
        if method in ("esbuild", "makefile") and not _holds_code(folder):
            said = f"{logical_id} has the build method {method}, and its folder holds no built code."
            self._findings.refuse("needs-build", said, where, _REMEDY)
        elif _asks_for_packages(folder / "requirements.txt") and not _installed(folder):
            said = f"{logical_id} has a requirements.txt; its packages are not installed by packing."
            self._findings.notice("requirements-not-installed", said, where, "Build first if the function needs them.")

    def layer(self, logical_id: str, entry: Mapping[str, Any], folder: Path, where: str) -> None:
        """Refuses a layer that is only a list of packages."""
        method = mapping(entry.get("Metadata")).get("BuildMethod")
        names = {path.name for path in folder.iterdir()}
        if names and names <= _PACKAGE_LISTS:
            declared = f" (Metadata.BuildMethod: {method})" if method else ""
            said = (
                f"The layer {logical_id} holds only {', '.join(sorted(names))}: that is a build{declared}, not a pack."
            )
            self._findings.refuse("needs-build", said, where, _REMEDY)
        elif method is not None:
            said = f"The layer {logical_id} declares the build method {method}; its folder is packed as it is."
            self._findings.notice("build-method-ignored", said, where, _REMEDY)


def is_built(resources: Iterable[Any], folder: Path) -> bool:
    """Whether a template is the output of `sam build`, which notes each resource's id in its metadata."""
    noted = any("SamResourceId" in mapping(mapping(entry).get("Metadata")) for entry in resources)
    return noted or folder.parts[-2:] == (".aws-sam", "build")


def _holds_code(folder: Path) -> bool:
    return _has("*.py", "*.js", "*.mjs", "*.cjs", "*.rb", "*.jar", "*.class", "*.dll", "bootstrap")(folder)


def _asks_for_packages(requirements: Path) -> bool:
    """Whether the file names anything; `sam init` leaves empty ones."""
    if not requirements.is_file():
        return False
    lines = requirements.read_text("utf-8", errors="replace").splitlines()
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _installed(folder: Path) -> bool:
    return _has("*.dist-info", "*.egg-info")(folder)
