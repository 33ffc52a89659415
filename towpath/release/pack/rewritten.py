"""A template whose local files have become assets, and the two parameters through which it finds them."""

from dataclasses import dataclass, field
from typing import Any

from towpath.release.manifest import ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER
from towpath.release.pack.capabilities import capabilities_of
from towpath.template.loading import Template


@dataclass(slots=True)
class Rewritten:
    """A template whose local files stand on the shelf; `uses_assets` tells whether it needs the two parameters."""

    template: Template
    uses_assets: bool = False
    nested_capabilities: set[str] = field(default_factory=set[str])
    """What the templates nested in it need."""

    @property
    def capabilities(self) -> set[str]:
        """What CloudFormation will ask for, nested templates included."""
        return self.nested_capabilities | capabilities_of(self.template)


def declare_asset_parameters(document: dict[str, Any]) -> None:
    """Declares the two parameters that tell where the assets are."""
    parameters = document.setdefault("Parameters", {})
    parameters[ASSET_BUCKET_PARAMETER] = {"Type": "String", "Description": "The bucket of this release's assets."}
    parameters[ASSET_PREFIX_PARAMETER] = {"Type": "String", "Description": "What the keys of its assets begin with."}


def pass_asset_parameters(properties: dict[str, Any]) -> None:
    """Hands the two parameters down to a nested stack."""
    parameters = properties.setdefault("Parameters", {})
    parameters |= {name: {"Ref": name} for name in (ASSET_BUCKET_PARAMETER, ASSET_PREFIX_PARAMETER)}
