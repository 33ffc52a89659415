"""Cognito identity pools: whether guests get credentials, and which roles the pool hands out (read with all roles)."""

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Fact, Grants, options
from towpath.privilege.gathering.side import Side
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.template.value import scalar_text

_DOORS = {
    "AllowUnauthenticatedIdentities": ("guests, without signing in, get credentials", (FindingClass.PUBLIC,)),
    "AllowClassicFlow": ("the basic flow hands out credentials that no session policy limits", ()),
}


def gather(side: Side, grants: Grants) -> None:
    """Adds what identity pools let in."""
    for pool in side.of("AWS::Cognito::IdentityPool"):
        subject = f"identity pool ${{{side.label(pool.logical_id)}}}"
        grants.subjects.add(subject)
        for name, (effect, classes) in _DOORS.items():
            path = (*pool.path, "Properties", name)
            for value, guards, place in options(pool.properties.get(name), side.guards(pool), path):
                if scalar_text(value) != "false":
                    request = Request("cognito-identity:GetCredentialsForIdentity", subject, Principal("*", "*"))
                    title = f"{subject} newly has {name}: {effect}"
                    severity = Severity.HIGH if classes else Severity.MEDIUM
                    grants.facts.append(
                        Fact(subject, "identity pool", name, title, request, place, severity, classes, guards)
                    )
