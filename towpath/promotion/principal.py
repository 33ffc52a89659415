"""When two ARNs mean the same person or role, as far as uploading and approving are concerned.

A caller of a role appears as `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`: the role's path is not in it
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
"""


def covers(allowed: str, caller: str) -> bool:
    """Whether the settings' ARN `allowed` covers the ARN `caller` that AWS reports for a signed request.

    A role's ARN covers each of its sessions, a session's ARN only that session (`*`: each), a user's ARN that user.
    """
    if allowed == caller or role_of(allowed) is None:
        return allowed == caller
    if _session_of(allowed) in (None, "*"):
        return role_of(allowed) == role_of(caller)
    return False


def overlap(one: str, other: str) -> bool:
    """Whether one caller could be covered by both ARNs."""
    if covers(one, other) or covers(other, one):
        return True
    sessions = {_session_of(one), _session_of(other)} - {None, "*"}
    return role_of(one) is not None and role_of(one) == role_of(other) and len(sessions) < 2


def role_of(arn: str) -> tuple[str, str, str] | None:
    """Partition, account and name of the role behind a role's or a session's ARN; None for anything else."""
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return None
    kind, *names = parts[5].split("/")
    if kind == "role" and names:
        return parts[1], parts[4], names[-1]
    if kind == "assumed-role" and names:
        return parts[1], parts[4], names[0]
    return None


def _session_of(arn: str) -> str | None:
    resource = arn.split(":", 5)[-1].split("/", 2)
    return resource[2] if resource[0] == "assumed-role" and len(resource) == 3 else None
