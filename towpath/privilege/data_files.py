"""Reads the data that comes with a package: the action catalogue, the policy properties, the escalation paths.

With `pkgutil`, for `importlib.resources` alone takes a sixth of the time in which the library is imported.
"""

import pkgutil


def data_file(name: str, package: str = "towpath.privilege") -> bytes:
    """The bytes of a file in a package's `data` folder. Raises FileNotFoundError."""
    found = pkgutil.get_data(package, f"data/{name}")
    if found is None:
        raise FileNotFoundError(f"{package} is installed in a way in which its data cannot be read: data/{name}")
    return found
