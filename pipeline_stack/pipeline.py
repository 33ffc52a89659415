"""The stack `towpath-pipeline`: where releases arrive, what promotes them, and what is known about them.

Nothing in it needs a custom resource, a lookup or the bootstrap stack's version, so the pipeline can release this stack
through itself.
"""

from aws_cdk import AssetHashType, Aws, CfnOutput, DefaultStackSynthesizer, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.alarms import Alarms
from pipeline_stack.approval_url import ApprovalUrl
from pipeline_stack.asset_bucket import AssetBucket
from pipeline_stack.buckets import AccessLogBucket
from pipeline_stack.dashboard import Dashboard
from pipeline_stack.event_bus import EventBus
from pipeline_stack.handler import Handler
from pipeline_stack.handler_grants import HandlerGrants
from pipeline_stack.handler_table import CALLED_FROM_OUTSIDE, HANDLERS
from pipeline_stack.interfaces import as_function
from pipeline_stack.ledger_table import LedgerTable
from pipeline_stack.people import People
from pipeline_stack.props import PipelineProps
from pipeline_stack.release_bucket import ReleaseBucket
from pipeline_stack.triggers import EndTrigger, UploadTrigger
from pipeline_stack.workflow import Workflow

# Lambda allows 4 KB for all variables of a function; the others of ours are far below 1 KB together.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_SETTINGS = 3072


class PipelineStack(Stack):
    """Everything of Towpath that is not in an environment."""

    def __init__(self, scope: Construct, props: PipelineProps) -> None:
        super().__init__(
            scope,
            names.PIPELINE_STACK,
            stack_name=names.PIPELINE_STACK,
            description="Towpath: promotes releases through environments",
            env=Environment(account=props.account or None, region=props.region or None),
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            termination_protection=True,
        )
        _check_settings(props.settings)
        self._props = props
        self._retention = _retention(props.log_retention_days)
        logs_bucket = AccessLogBucket(
            self,
            "AccessLogs",
            name=names.access_log_bucket(props.account, props.region),
            retention_days=props.log_retention_days,
        )
        self._releases = ReleaseBucket(
            self,
            "Releases",
            name=names.release_bucket(props.account, props.region),
            logs=logs_bucket,
            uploaders=props.uploaders,
            approvers=props.approvers,
        )
        self._assets = AssetBucket(
            self,
            "Assets",
            name=names.asset_bucket(props.account, props.region),
            logs=logs_bucket,
            environments=props.environments,
        )
        self._ledger = LedgerTable(self, "Ledger")
        self._bus = EventBus(self, "Events", schemas=props.event_schemas)
        self._handlers = self._make_handlers()
        self._inner = self._make_workflow("promote_to_environment", {})
        self._outer = self._make_workflow("promote_release", {"PromoteToEnvironment": self._inner.version_arn})
        self._outer.permit_nesting("promote_to_environment")
        approval = ApprovalUrl(
            self,
            "Approval",
            version=self._handlers["decide_approval"].version,
            approvers=props.approvers,
            account=props.account,
        )
        uploads = UploadTrigger(self, "Uploads", bucket=self._releases.bucket.bucket_name, workflow=self._outer)
        ends = EndTrigger(
            self,
            "Ends",
            workflows=[self._outer, self._inner],
            handler=self._handlers["reconcile_execution"],
        )
        self._watch(uploads, ends)
        people = People(
            self,
            "People",
            releases=self._releases,
            assets=self._assets,
            ledger=self._ledger,
            approval=approval,
            dead_letters=[uploads.dead_letters.queue.queue_arn, ends.dead_letters.queue.queue_arn],
        )
        self._say_where_things_are(approval, people)

    def _make_handlers(self) -> dict[str, Handler]:
        variables = {
            "TOWPATH_SETTINGS": self._props.settings,
            "TOWPATH_ACCOUNT": Aws.ACCOUNT_ID,
            "TOWPATH_VERSION": self._props.version,
            "TOWPATH_LEDGER_TABLE": self._ledger.table.table_name,
            "TOWPATH_RELEASE_BUCKET": self._releases.bucket.bucket_name,
            "TOWPATH_ASSET_BUCKET": self._assets.bucket.bucket_name,
            "TOWPATH_EVENT_BUS": self._bus.bus.event_bus_name,
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        grants = HandlerGrants(self._releases, self._assets, self._ledger, self._bus, self._props.environments)
        # Named by its content, so that a function's version changes with its code and not with the machine's zlib.
        code = lambda_.Code.from_asset(
            str(self._props.code), asset_hash=self._props.code_digest, asset_hash_type=AssetHashType.CUSTOM
        )
        handlers: dict[str, Handler] = {}
        for module, spec in HANDLERS.items():
            handlers[module] = Handler(
                self,
                names.placeholder(module),
                module=module,
                spec=spec,
                code=code,
                runtime=self._props.runtime,
                variables=variables,
                retention=self._retention,
            )
            grants.give(handlers[module].role, spec.needs)
        return handlers

    def _make_workflow(self, name: str, more: dict[str, str]) -> Workflow:
        callable_ones = [module for module in HANDLERS if module not in CALLED_FROM_OUTSIDE]
        workflow = Workflow(
            self,
            names.placeholder(name),
            name=name,
            definitions=self._props.definitions,
            substitutions={
                **{names.placeholder(module): self._handlers[module].version.function_arn for module in callable_ones},
                "PollSeconds": str(self._props.poll_seconds),
                "ApprovalSeconds": str(self._props.approval_seconds),
                **more,
            },
            retention=self._retention,
        )
        workflow.permit_calling([module for module in callable_ones if names.placeholder(module) in workflow.used])
        return workflow

    def _watch(self, uploads: UploadTrigger, ends: EndTrigger) -> None:
        functions = {name: as_function(handler.function) for name, handler in self._handlers.items()}
        workflows = [self._outer, self._inner]
        alarms = Alarms(
            self,
            "Alarms",
            functions=functions,
            workflows=workflows,
            dead_letters={"uploads": uploads.dead_letters.queue, "ends": ends.dead_letters.queue},
            rules=[uploads.rule_name, ends.rule_name],
            topics=self._props.alarm_topics,
        )
        Dashboard(
            self, "Dashboard", workflows=workflows, functions=functions, table=self._ledger.table, alarms=alarms.all
        )

    def _say_where_things_are(self, approval: ApprovalUrl, people: People) -> None:
        outputs = {
            "ReleaseBucketName": self._releases.bucket.bucket_name,
            "AssetBucketName": self._assets.bucket.bucket_name,
            "LedgerTableName": self._ledger.table.table_name,
            "EventBusName": self._bus.bus.event_bus_name,
            "ApprovalUrl": approval.url,
            "PromoteReleaseArn": self._outer.alias_arn,
            "PromoteToEnvironmentArn": self._inner.machine.state_machine_arn,
            "UploaderPolicyArn": people.uploader.managed_policy_arn,
            "ReviewerPolicyArn": people.reviewer.managed_policy_arn,
            "OperatorPolicyArn": people.operator.managed_policy_arn,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


def _check_settings(text: str) -> None:
    size = len(text.encode())
    if size > LARGEST_SETTINGS:
        raise ValueError(
            f"the settings take {size} bytes, but a function has room for {LARGEST_SETTINGS}: "
            "name fewer environments, policies or approvers (a role can stand for many people)"
        )


def _retention(days: int) -> logs.RetentionDays:
    """The library's constant for a number of days, which CloudWatch Logs has to offer."""
    known = {
        1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH",
        60: "TWO_MONTHS", 90: "THREE_MONTHS", 120: "FOUR_MONTHS", 150: "FIVE_MONTHS", 180: "SIX_MONTHS",
        365: "ONE_YEAR", 400: "THIRTEEN_MONTHS", 545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS", 1096: "THREE_YEARS",
        1827: "FIVE_YEARS", 2192: "SIX_YEARS", 2557: "SEVEN_YEARS", 2922: "EIGHT_YEARS", 3288: "NINE_YEARS",
        3653: "TEN_YEARS",
    }  # fmt: skip
    return logs.RetentionDays[known[days]]
