"""Which files the Lambda bundle has, as `[tool.towpath.bundle]` in `pyproject.toml` says.

A compiled library is refused: it would tie the bundle to one processor and one Python.
"""

import importlib.util
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
_COMPILED = frozenset({".so", ".pyd", ".dylib", ".dll"})
_LEFT_OUT = frozenset({"__pycache__", "tests", "py.typed"})


@dataclass(frozen=True, slots=True)
class BundleContent:
    """What goes in: `own` folders of this repository and `packages` of the environment, without the paths `leave_out`.

    Below `without_compiled` compiled files are dropped, not refused; below `without_unread` JSON files lose
    their descriptions and the other fields that no function reads, and those that then say nothing are dropped.
    """

    own: tuple[str, ...]
    packages: tuple[str, ...]
    leave_out: tuple[str, ...] = ()
    without_compiled: tuple[str, ...] = ()
    without_unread: tuple[str, ...] = ()

    @classmethod
    def read(cls, pyproject: Path = ROOT / "pyproject.toml") -> "BundleContent":
        table = tomllib.loads(pyproject.read_text("utf-8"))["tool"]["towpath"]["bundle"]
        return cls(**{name: tuple(value) for name, value in table.items()})

    def files(self, root: Path = ROOT) -> dict[str, bytes]:
        """Every file of the bundle by its name in it, sorted.

        Raises ValueError for a compiled file and for a package that is not installed.
        """
        sources = [(name, root / name) for name in self.own]
        sources += [(name, _package(name)) for name in self.packages]
        found = {name: path for top, source in sources for name, path in _walk(top, source)}
        kept = {name: path for name, path in found.items() if not self._is_left_out(name)}
        compiled = [name for name in kept if PurePosixPath(name).suffix in _COMPILED]
        refused = [name for name in compiled if not name.startswith(self.without_compiled)]
        if refused:
            raise ValueError(f"the bundle is pure Python, but these files are compiled: {', '.join(sorted(refused))}")
        contents = {name: self._content(name, kept[name]) for name in sorted(set(kept) - set(compiled))}
        return {name: content for name, content in contents.items() if not self._says_nothing(name, content)}

    def _is_left_out(self, name: str) -> bool:
        return any(name == path or name.startswith(f"{path}/") for path in self.leave_out)

    def _says_nothing(self, name: str, content: bytes) -> bool:
        return name.startswith(self.without_unread) and content == b"{}"

    def _content(self, name: str, path: Path) -> bytes:
        if name.endswith(".json") and name.startswith(self.without_unread):
            thin = _without_unread(json.loads(path.read_text("utf-8")))
            return json.dumps(thin, separators=(",", ":"), ensure_ascii=False).encode()
        return path.read_bytes()


# What the catalogue of actions tells and no function asks.
_UNREAD = frozenset({"description", "dependentActions", "conditionKeys", "required"})


def _without_unread(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _without_unread(item) for key, item in items if key not in _UNREAD}
    return [_without_unread(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


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
