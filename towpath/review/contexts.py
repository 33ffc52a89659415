"""What the change set of a plan tells the privilege comparison of values that the templates leave open.

Values that stand behind the same words of both templates and are others now are part of an expansion's fingerprint: an
approval of one environment's values does not open another environment with other ones.
"""

from collections.abc import Mapping
from typing import Any, Final

from towpath.privilege import Contexts, told_differences
from towpath.review.change_set import Action
from towpath.review.permissions import PermissionChange
from towpath.review.plan import Basis

_NEW: Final = (Action.ADD, Action.IMPORT)


def contexts_of(basis: Basis) -> Contexts:
    """The contexts of the resources that change, and what SSM parameters are worth on both sides."""
    changes = basis.changes
    replaced = {change.logical_id for change in changes if change.replacement == "True"}
    return Contexts(
        before={change.logical_id: change.before or {} for change in changes if change.action not in _NEW},
        after={change.logical_id: change.after or {} for change in changes if change.action is not Action.REMOVE},
        old_values=basis.live_resolved,
        new_values=basis.resolved,
        names={name: physical for name, physical in basis.names.items() if name not in replaced},
    )


def value_changes(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    contexts: Contexts,
    *,
    old_parameters: Mapping[str, Any],
    new_parameters: Mapping[str, Any],
) -> tuple[PermissionChange, ...]:
    """Values that both templates name alike and that are others now. SSM parameters count where they are used."""
    if old is None:
        return ()
    try:
        found = told_differences(old, new, contexts, old_parameters=old_parameters, new_parameters=new_parameters)
    except Exception as error:  # noqa: BLE001 - the privilege gate fails on the same templates, and says so
        return (PermissionChange("(values)", "value", None, f"{type(error).__name__}: {error}"),)
    counted = {f"${{{name}}}={{{{ssm:" for name in contexts.new_values if name in contexts.old_values}
    return tuple(
        PermissionChange(name, "value", *values) for name, *values in found if not name.startswith(tuple(counted))
    )
