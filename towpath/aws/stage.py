"""The stage on which a promotion's steps act: its release and manifest, its environment, and the ports into it."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from towpath.aws.step import Step
from towpath.errors import ReleaseMissing, Terminal
from towpath.promotion.records import Promotion, Release, StackOwner, to_moment, to_text
from towpath.promotion.settings import Environment
from towpath.release.manifest import Manifest, Rollout, parse_manifest
from towpath.review.ports import Deployer, SecondOpinion
from towpath.review.snapshot import Snapshot
from towpath.traffic.ports import Prober, TrafficRouter


@dataclass(frozen=True)
class Stage:
    """Everything that a deploying, shifting or probing step needs; each part is fetched when it is first asked for."""

    step: Step

    @cached_property
    def release(self) -> Release:
        promotion = self.step.promotion
        record = self.step.runtime.ledger.release(promotion.service, promotion.version)
        if record is None or record.release.digest != promotion.digest:
            raise ReleaseMissing(
                f"{promotion.service} {promotion.version} with digest {promotion.digest} is not in the ledger"
            )
        return record.release

    @cached_property
    def manifest(self) -> Manifest:
        return self.manifest_of(self.release)

    def manifest_of(self, release: Release) -> Manifest:
        """The manifest of a registered release. Raises Terminal when the stored one no longer reads."""
        found = parse_manifest(self.step.runtime.documents.get(release.manifest))
        if isinstance(found, Manifest):
            return found
        raise Terminal(f"the stored manifest {release.manifest} cannot be read: {found.reasons[0]}")

    @cached_property
    def environment(self) -> Environment:
        return self.step.runtime.settings.environment(self.step.promotion.environment)

    @cached_property
    def stack(self) -> str:
        return self.environment.stack_name(self.manifest.stack)

    @property
    def owner(self) -> StackOwner:
        """Whose the stack is: this service's, unless it was somebody else's before."""
        here, place = self.step.promotion, self.environment
        mine = StackOwner(here.service, here.environment)
        return self.step.runtime.ledger.own_stack(place.account, place.region, self.stack, mine)

    @property
    def is_ours(self) -> bool:
        """Whether the stack belongs to this service in this environment."""
        here = self.step.promotion
        return self.owner == StackOwner(here.service, here.environment)

    @property
    def progressive(self) -> tuple[Rollout, ...]:
        """The rollouts that this pipeline shifts itself."""
        return tuple(rollout for rollout in self.manifest.rollout if not rollout.watched)

    def shift_group(self, rollout: Rollout) -> str:
        """The name of the deployment group of one alias."""
        return group_name(self.manifest.service, rollout.function)

    @property
    def asset_bucket(self) -> str:
        return self.step.runtime.variable("TOWPATH_ASSET_BUCKET")

    @cached_property
    def deployer(self) -> Deployer:
        from towpath.aws.deployer import CloudFormationDeployer

        s3 = self.step.runtime.client("s3")
        suffix = "amazonaws.com.cn" if s3.meta.partition == "aws-cn" else "amazonaws.com"
        return CloudFormationDeployer(
            self._client("cloudformation"),
            execution_role=self.environment.role_arn("execution", s3.meta.partition),
            asset_url=f"https://{self.asset_bucket}.s3.{s3.meta.region_name}.{suffix}/",
        )

    @cached_property
    def router(self) -> TrafficRouter:
        from towpath.aws.traffic_router import CodeDeployTrafficRouter

        codedeploy = self._client("codedeploy")
        return CodeDeployTrafficRouter(
            codedeploy,
            self._client("lambda"),
            self._client("cloudwatch"),
            application=self.environment.codedeploy_application,
            service_role=self.environment.role_arn("codedeploy", codedeploy.meta.partition),
            since=to_moment(self.step.promotion.started or to_text(self.step.runtime.clock.now())),
        )

    @cached_property
    def second_opinion(self) -> SecondOpinion | None:
        """Whom to ask besides our own comparison of privileges; None where the settings want nobody asked."""
        if self.environment.gates.second_opinion == "off":
            return None
        from towpath.aws.access_analyzer import AccessAnalyzerOpinion

        return AccessAnalyzerOpinion(self._client("accessanalyzer"))

    @cached_property
    def prober(self) -> Prober:
        from towpath.aws.probing import AwsProber

        return AwsProber(self.step.runtime.environment_session(self.environment.name, "probe"))

    @cached_property
    def before(self) -> Snapshot:
        """What the environment was before this promotion changed anything, as `create_change_set` found it."""
        return Snapshot.read(self.step.runtime.documents.get(str(self.step["change_set"]["before"])))

    @cached_property
    def names(self) -> dict[str, str]:
        """The stack's resources: logical id to physical id."""
        return {name: resource.physical_id for name, resource in self.deployer.resources(self.stack).items()}

    def _client(self, service: str) -> Any:
        return self.step.runtime.environment_client(self.environment.name, service)


def change_set_name(promotion: Promotion) -> str:
    """The name of a promotion's change set: always the same, so that a step whose answer was lost finds it again."""
    return re.sub(r"[^A-Za-z0-9-]", "-", f"towpath-{promotion.id}")[:128]


# https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeploymentGroup.html
_GROUP_NAME = 100


def group_name(service: str, function: str) -> str:
    """A deployment group's name; one that would be too long ends in a digest, since a logical id may be 255 long."""
    name = f"{service}-{function}"
    if len(name) <= _GROUP_NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: _GROUP_NAME - len(mark) - 1]}-{mark}"


def shift_token(step: Step, group: str) -> str:
    """What marks the shift of one promotion in one deployment group, so that a retry finds it again."""
    return f"{step.promotion.id}/{group}"
