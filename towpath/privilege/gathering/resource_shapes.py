"""How some types wrap a policy document: in one object with a single known entry."""

from typing import Any, Final

from towpath.template.traversal import mapping

_WRAPPERS: Final = ("PolicyDocument", "Policy", "ResourcePolicy", "DeliveryDestinationPolicy")


def unwrapped(value: Any) -> Any:
    """The document inside its wrapper, or the value as it is."""
    found = mapping(value)
    if "Statement" in found:
        return found
    return next((found[name] for name in _WRAPPERS if name in found), value)
