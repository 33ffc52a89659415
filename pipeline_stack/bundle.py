"""The code of all handlers as one zip: pure Python, the same bytes from the same files, without what Lambda brings.

`[tool.towpath.bundle]` in `pyproject.toml` says which folders of ours and which packages go in. boto3 and what it needs
come with the runtime. A compiled file is refused: it would tie the bundle to one processor and one Python.
"""

import argparse
import hashlib
import importlib.util
import os
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_ROOT = Path(__file__).resolve().parent.parent
_COMPILED = frozenset({".so", ".pyd", ".dylib", ".dll"})
_LEFT_OUT = frozenset({"__pycache__", "tests", "py.typed"})
# The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")


@dataclass(frozen=True, slots=True)
class BundleContent:
    """What goes in: `own` folders of this repository, `packages` of the environment, without the paths `leave_out`."""

    own: tuple[str, ...]
    packages: tuple[str, ...]
    leave_out: tuple[str, ...]
    without_compiled: tuple[str, ...]

    def files(self, root: Path) -> dict[str, Path]:
        """Every file of the bundle by its name in it. Raises ValueError for a compiled one, or a missing package."""
        sources = [(name, root / name) for name in self.own]
        sources += [(name, _package(name)) for name in self.packages]
        found = {name: path for top, source in sources for name, path in _walk(top, source)}
        kept = {name: path for name, path in found.items() if not self._is_left_out(name)}
        compiled = [name for name in kept if PurePosixPath(name).suffix in _COMPILED]
        refused = [name for name in compiled if not name.startswith(self.without_compiled)]
        if refused:
            raise ValueError(f"the bundle is pure Python, but these files are compiled: {', '.join(sorted(refused))}")
        return {name: kept[name] for name in sorted(set(kept) - set(compiled))}

    def _is_left_out(self, name: str) -> bool:
        return any(name == path or name.startswith(f"{path}/") for path in self.leave_out)


def read_content(pyproject: Path = _ROOT / "pyproject.toml") -> BundleContent:
    """What `pyproject.toml` says about the bundle."""
    table = tomllib.loads(pyproject.read_text("utf-8"))["tool"]["towpath"]["bundle"]
    return BundleContent(
        own=tuple(table["own"]),
        packages=tuple(table["packages"]),
        leave_out=tuple(table["leave_out"]),
        without_compiled=tuple(table["without_compiled"]),
    )


def write_bundle(target: Path, root: Path = _ROOT, content: BundleContent | None = None) -> Path:
    """Write the zip and return its path. The bytes depend on names and content only."""
    files = (content or read_content()).files(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and then put in place: somebody may be reading the bundle of the same name.
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    with zipfile.ZipFile(aside, "w") as archive:
        for name, path in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    return aside.replace(target)


def digest_of(bundle: Path) -> str:
    """The SHA-256 of the bundle's content: the same for the same files, whichever compressor wrote the zip."""
    hashed = hashlib.sha256()
    with zipfile.ZipFile(bundle) as archive:
        for entry in archive.infolist():
            content = archive.read(entry)
            hashed.update(f"{entry.filename}\0{len(content)}\0".encode())
            hashed.update(content)
    return hashed.hexdigest()


def this_runtime() -> str:
    """The Lambda runtime of the Python that builds the bundle: what was tested is what runs. Raises ValueError."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if name not in RUNTIMES:
        raise ValueError(f"Lambda has no runtime {name}; build with one of {', '.join(RUNTIMES)}")
    return name


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ValueError(f"the package {name} is not installed; run: make setup")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _walk(top: str, source: Path) -> Iterator[tuple[str, Path]]:
    if source.is_file():
        yield source.name, source
        return
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.is_file() and not _LEFT_OUT & set(inside.parts) and path.suffix not in (".pyc", ".pyi"):
            yield f"{top}/{inside.as_posix()}", path


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m pipeline_stack.bundle [PATH]` writes the bundle and says how large it is."""
    parser = argparse.ArgumentParser(description="Write the Lambda bundle.")
    parser.add_argument("target", nargs="?", type=Path, default=_ROOT / "build" / "bundle.zip")
    target = write_bundle(parser.parse_args(arguments).target)
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes, {this_runtime()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
