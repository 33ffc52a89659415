"""What the emulator lacks, one module per gap: which gaps are filled, and in which order.

Each module says in its docstring what AWS does (with its source), what stock ministack does instead and which seam it
uses, and exposes `install() -> None`, which patches ministack in this process. A module that owns threads or child
processes also exposes `close() -> None`, which the server calls when it goes down.
"""

from __future__ import annotations

import importlib
from types import ModuleType

# One name per line, so that two additions never touch the same line.
ADDITIONS: tuple[str, ...] = (
    "administrator",
    "lambda_executor",
    "lambda_async_settings",
    "lambda_alias_weights",
    "lambda_role_permissions",
    "lambda_payload_limits",
    "lambda_metrics",
    "lambda_function_urls",
    "alarm_clock",
    "codedeploy",
    "lambda_permissions",
    "lambda_aliases",
    "step_functions",
    "step_functions_validation",
    "s3_events",
    "iam_callers",
    "s3_conditions",
    "s3_version_ranges",
    "s3_full_object_checksums",
    "event_delivery",
    "event_entries",
    "cloudformation_types",
    "cloudformation_template_url",
    "cloudformation_secret_ref",
    "cloudformation_resolved_parameters",
    "cloudformation_change_sets",
    "cloudformation_events",
    "cloudformation_alias_update",
    "cloudformation_refusals",
    "cloudformation_update_events",
    "cloudformation_sam_parameters",
    "cloudformation_drift",
    "iam_service_roles",
    "cloudformation_leftovers",
    "cloudformation_nested_updates",
)


class AdditionError(RuntimeError):
    """An addition cannot be put in: it names the module, and its cause says why."""


def install_all() -> tuple[ModuleType, ...]:
    """Put in every addition, in order; the modules are the handle to close them with."""
    return tuple(_install(name) for name in ADDITIONS)


def close_all(installed: tuple[ModuleType, ...]) -> None:
    """Last in, first out."""
    for module in reversed(installed):
        close = getattr(module, "close", None)
        if close is not None:
            close()


def _install(name: str) -> ModuleType:
    try:
        module = importlib.import_module(f"{__name__}.{name}")
        module.install()
    except Exception as error:
        raise AdditionError(f"The embedded AWS's addition '{name}' cannot be installed: {error!r}") from error
    return module
