"""What the roles of an environment have in common: their names, whom they trust, and why some resources stay open.

Releases name their stacks and functions themselves, so most resources cannot be named here; each wildcard says so, and
what belongs to Towpath is denied instead.
"""

from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.handler_table import HANDLERS, Need
from pipeline_stack.interfaces import as_principal
from pipeline_stack.props import EnvironmentProps

ANY_STACK = "A release names its stack; the pipeline checks that the stack belongs to the service."
ANY_FUNCTION = "A release names its functions, or CloudFormation does."
ANY_RESOURCE = "A release names what it has by logical ids; the physical names are CloudFormation's."
BY_CONTENT = "A key ends in the hash of its content, which is not known before the release is."


def environment_role(scope: Construct, props: EnvironmentProps, kind: str, trusted: iam.IPrincipal) -> iam.Role:
    return iam.Role(
        scope,
        f"{kind.capitalize()}Role",
        role_name=names.environment_role(props.name, kind),
        description=f"Towpath in {props.name}: {kind}",
        assumed_by=trusted,
    )


def trusted_handlers(account: str, need: Need) -> iam.IPrincipal:
    """The roles of the handlers that have the need.

    The account is trusted and the roles are a condition: a trust policy that names a role breaks for good when that
    role is deleted and made again, and cannot be written before the role exists.
    """
    roles = [names.role_arn(account, names.handler_name(name)) for name, spec in HANDLERS.items() if need in spec.needs]
    whole = iam.AccountPrincipal(account) if account else iam.AccountRootPrincipal()
    return as_principal(iam.PrincipalWithConditions(as_principal(whole), {"ArnEquals": {"aws:PrincipalArn": roles}}))
