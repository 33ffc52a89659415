"""The names that other accounts, state machines and people rely on, so that nothing has to be looked up or imported.

Fixed names let policies be exact without references that go round in circles, and let an environment's stack live in an
account that cannot see the pipeline's stack.
"""

from aws_cdk import Aws

PIPELINE_STACK = "towpath-pipeline"
EVENT_BUS = "towpath"
LIVE = "live"
RELEASES = "releases/"
ASSETS = "assets/"
DOCUMENTS = "documents/"
# Templates as they were before a promotion, to go back to.
TEMPLATES = f"{DOCUMENTS}template/"


def handler_name(handler: str) -> str:
    """The name of a handler's function and of its role: `verify_artifact` is `towpath-verify-artifact`."""
    return f"towpath-{handler.replace('_', '-')}"


def placeholder(name: str) -> str:
    """The name under which a state machine's definition knows a handler: `verify_artifact` is `VerifyArtifact`."""
    return "".join(word.capitalize() for word in name.split("_"))


def workflow_name(workflow: str) -> str:
    return f"towpath-{workflow.replace('_', '-')}"


def environment_stack(environment: str) -> str:
    return f"towpath-environment-{environment}"


def environment_role(environment: str, role: str) -> str:
    """The name of one of an environment's roles: deployment, execution, codedeploy or probe."""
    return f"towpath-{environment}-{role}"


def release_bucket(account: str, region: str) -> str:
    return f"towpath-releases-{account or Aws.ACCOUNT_ID}-{region or Aws.REGION}"


def asset_bucket(account: str, region: str) -> str:
    return f"towpath-assets-{account or Aws.ACCOUNT_ID}-{region or Aws.REGION}"


def access_log_bucket(account: str, region: str) -> str:
    return f"towpath-access-logs-{account or Aws.ACCOUNT_ID}-{region or Aws.REGION}"


def deployable(bucket: str) -> list[str]:
    """The ARNs of what an environment deploys from."""
    return [f"{bucket_arn(bucket)}/{prefix}*" for prefix in (ASSETS, TEMPLATES)]


def bucket_arn(name: str) -> str:
    return f"arn:{Aws.PARTITION}:s3:::{name}"


def role_arn(account: str, name: str) -> str:
    return f"arn:{Aws.PARTITION}:iam::{account or Aws.ACCOUNT_ID}:role/{name}"


def local_arn(service: str, resource: str) -> str:
    """The ARN of something in the stack's own account and region."""
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
