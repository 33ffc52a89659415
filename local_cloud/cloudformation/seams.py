"""Replacing a function of the emulator wherever its modules have taken it by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from local_cloud.service_role import ministack

_MODULES = ("stacks", "changesets", "handlers", "provisioners", "engine", "drift")


def replace(module: str, name: str, make: Callable[[Any], Any]) -> None:
    """`make(stock)` takes the place of `services.cloudformation.<module>.<name>` in every module of the service."""
    stock = getattr(ministack(f"services.cloudformation.{module}"), name)
    replacement = make(stock)
    for each in _MODULES:
        loaded = ministack(f"services.cloudformation.{each}")
        if getattr(loaded, name, None) is stock:
            setattr(loaded, name, replacement)
    package = sys.modules["ministack.services.cloudformation"]
    if getattr(package, name, None) is stock:
        setattr(package, name, replacement)
