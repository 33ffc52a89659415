"""The address at which a person decides about a plan: signed requests only, so AWS says who it is.

Two permissions are needed to call a function URL since October 2025:
https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from collections.abc import Sequence

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.interfaces import as_version
from pipeline_stack.principals import accounts_of


class ApprovalUrl(Construct):
    """A function URL on an alias of `decide_approval`, open to the accounts of the approvers and to nobody unsigned."""

    def __init__(
        self, scope: Construct, construct_id: str, *, version: lambda_.Version, approvers: Sequence[str], account: str
    ) -> None:
        super().__init__(scope, construct_id)
        alias = lambda_.Alias(self, "Alias", alias_name=names.LIVE, version=as_version(version))
        url = alias.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM)
        self.url = url.url
        self.function_arn = names.local_arn("lambda", f"function:{names.handler_name('decide_approval')}")
        self.alias_arn = f"{self.function_arn}:{names.LIVE}"
        for other in [found for found in accounts_of(approvers) if found != account]:
            self._let_in(alias, other)

    def _let_in(self, alias: lambda_.Alias, account: str) -> None:
        """The other account still has to let its people call; `decide_approval` knows who may decide."""
        lambda_.CfnPermission(
            self,
            f"Url{account}",
            action="lambda:InvokeFunctionUrl",
            function_name=alias.function_arn,
            principal=account,
            function_url_auth_type="AWS_IAM",
        )
        lambda_.CfnPermission(
            self,
            f"Invoke{account}",
            action="lambda:InvokeFunction",
            function_name=alias.function_arn,
            principal=account,
            invoked_via_function_url=True,
        )
