"""How the settings' people appear in a policy's condition: `aws:PrincipalArn` names the role, never its session.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
"""

from collections.abc import Iterable


def patterns_of(principals: Iterable[str]) -> list[str]:
    """Patterns for `aws:PrincipalArn`. A session's ARN does not tell the path of its role, so any path is meant."""
    found: set[str] = set()
    for arn in principals:
        _, partition, service, _, account, resource = arn.split(":", 5)
        if service == "sts":
            role = resource.split("/")[1]
            found |= {f"arn:{partition}:iam::{account}:role/{role}", f"arn:{partition}:iam::{account}:role/*/{role}"}
        else:
            found.add(arn)
    return sorted(found)


def accounts_of(principals: Iterable[str]) -> list[str]:
    """The accounts that the principals belong to."""
    return sorted({arn.split(":")[4] for arn in principals})
