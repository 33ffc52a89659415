"""What a release deploys into one environment: its template by digest, and the value of every parameter.

A value comes from the manifest (the environment's own before the one for all), from the verified asset store, or, for
an alias under rollout, from the version that takes traffic now: a stack update by itself never moves traffic.
"""

from collections.abc import Collection, Mapping

from towpath.review.ports import Deployment

ASSET_BUCKET_PARAMETER = "TowpathAssetBucket"
ASSET_PREFIX_PARAMETER = "TowpathAssetPrefix"
ASSET_PREFIX = "assets/"
# What the names of all parameters that `pack` puts in begin with.
OWN_PARAMETERS = "Towpath"
EVERY_ENVIRONMENT = "*"


def parameter_values(
    declared: Collection[str],
    manifest_parameters: Mapping[str, Mapping[str, str]],
    environment: str,
    *,
    asset_bucket: str,
    live_versions: Mapping[str, str],
) -> dict[str, str]:
    """The values of the declared parameters; those that nothing sets are left to the template's defaults.

    `live_versions` maps a version parameter to the version that its alias points at, "" on a first deployment.
    """
    values = {
        **manifest_parameters.get(EVERY_ENVIRONMENT, {}),
        **manifest_parameters.get(environment, {}),
        ASSET_BUCKET_PARAMETER: asset_bucket,
        ASSET_PREFIX_PARAMETER: ASSET_PREFIX,
        **live_versions,
    }
    return {name: values[name] for name in sorted(declared) if name in values}


def rollback_deployment(
    stack: str,
    template: str,
    live: Mapping[str, str],
    known: Mapping[str, str] | None,
    *,
    capabilities: tuple[str, ...],
    tags: Mapping[str, str],
) -> Deployment:
    """The deployment that brings a stack back to what it was before a promotion.

    `live` are the stack's parameters as CloudFormation tells them; a NoEcho one comes back as asterisks and takes its
    value from `known`, what the previous release set; what that release did not set had the template's default. Where
    no release made the stack (`known` is None), it keeps what the stack has, whose value nobody else knows.
    """
    values: dict[str, str | None] = {name: value for name, value in live.items() if not is_masked(value)}
    for name in live.keys() - values.keys():
        if known is None:
            values[name] = None
        elif name in known:
            values[name] = known[name]
    return Deployment(stack, template, values, capabilities, tags)


_SHORTEST_MASK = 4


def is_masked(value: str) -> bool:
    """Whether this is what CloudFormation shows in place of a NoEcho parameter's value; one asterisk is a value."""
    return len(value) >= _SHORTEST_MASK and set(value) == {"*"}
