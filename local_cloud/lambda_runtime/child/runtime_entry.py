"""First code of a sandbox: the search path as on AWS, then AWS's runtime client.

Order, as `sys.path` shows it in a function: the bundle, the layers, what `PYTHONPATH` says (the runtime's own folder
unless the function sets one), the standard library. The interpreter is started with `-S`, so nothing that happens to be
installed beside it can be imported. Called as `runtime_entry.py OPT_FOLDER`, the folder of the merged layers.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any


def search_path(bundle: str, opt: str, inherited: list[str]) -> list[str]:
    """`inherited` is the interpreter's own path, which begins with the folder of this file."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers = [str(Path(opt, "python", "lib", version, "site-packages")), str(Path(opt, "python"))]
    own, *rest = inherited
    tail = rest if own in rest else [*rest, own]
    return [bundle, *layers, *tail]


def main() -> None:
    sys.path[:] = search_path(os.environ["LAMBDA_TASK_ROOT"], sys.argv[1], sys.path)
    sys.argv = ["bootstrap", os.environ["_HANDLER"]]
    client: Any = importlib.import_module("awslambdaric.__main__")
    client.main(sys.argv)


if __name__ == "__main__":
    main()
