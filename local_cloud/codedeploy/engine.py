"""Carries one deployment out, on a thread of its own: lifecycle events in order, alarms and stops in between.

A deployment is a record that says how far it has come, so one that was in progress when the emulator was restarted goes
on where it was. Waiting is on the scaled clock (`minute_seconds`); AWS works in whole minutes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from botocore.exceptions import ClientError

from local_cloud.codedeploy import alarms, appspec, configurations, hooks, notifications, rollback, state, targets
from local_cloud.codedeploy.alias import Alias
from local_cloud.codedeploy.appspec import AppSpec
from local_cloud.codedeploy.errors import DeploymentEnded
from local_cloud.codedeploy.service_role import Clients
from local_cloud.codedeploy.state import Record
from local_cloud.service_role import ministack
from local_cloud.settings import settings

_LOOK_EVERY_SECONDS = 10.0
_logger = logging.getLogger("codedeploy")


def begin(deployment_id: str) -> None:
    """Start (or go on with) a deployment of the current account and region."""
    ministack("core.concurrency").spawn_background(_conduct, deployment_id, thread_name=f"codedeploy-{deployment_id}")


def resume_all() -> None:
    """Go on with every deployment that was in progress when the state was saved."""
    for account, region, deployment_id in list(state.deployments.to_dict()):
        with ministack("core.responses").request_scope(account, region):
            if "completeTime" not in state.deployments[deployment_id]["info"]:
                begin(deployment_id)


def _conduct(deployment_id: str) -> None:
    deployment = state.deployments[deployment_id]
    try:
        _Conductor(deployment).run()
    except DeploymentEnded as end:
        rollback.after(deployment, end, begin)
    except _Forgotten:
        _logger.info("Deployment %s is gone", deployment_id)
    except ClientError as error:
        rollback.after(deployment, _refused(error), begin)
    except Exception as error:
        _logger.exception("Deployment %s broke", deployment_id)
        rollback.after(deployment, DeploymentEnded("Failed", "INTERNAL_ERROR", repr(error)), begin)


class _Forgotten(Exception):  # noqa: N818 -- not an error: the emulator was reset while a deployment was in progress
    pass


class _Conductor:
    def __init__(self, deployment: Record) -> None:
        self.deployment = deployment
        self.info: Record = deployment["info"]
        self.clients = Clients(deployment["role"])

    def run(self) -> None:
        if self.info["status"] == "Created":
            self._change(lambda: self.info.update(status="InProgress", startTime=time.time()))
            notifications.announce(self.deployment, "START")
        spec = appspec.parse(self._content())
        if self.deployment.get("target") is None:
            self._change(lambda: self.deployment.update(target=targets.create(self.info["deploymentId"], spec)))
        alias = Alias(self.clients.lambda_, spec)
        self._event("Start", lambda: self._start(alias))
        self._hook("BeforeAllowTraffic", spec)
        self._event("AllowTraffic", lambda: self._shift(alias))
        self._hook("AfterAllowTraffic", spec)
        self._event("End", lambda: None)
        self._change(self._succeed)
        notifications.announce(self.deployment, "SUCCESS")

    def _content(self) -> str:
        text = appspec.inline_content(self.info["revision"])
        if text is not None:
            return text
        location = self.info["revision"]["s3Location"]
        version = {"VersionId": location["version"]} if location.get("version") else {}
        try:
            answer = self.clients.s3.get_object(Bucket=location["bucket"], Key=location["key"], **version)
        except ClientError as error:
            raise DeploymentEnded("Failed", "INVALID_REVISION", f"The revision could not be read: {error}") from error
        return answer["Body"].read().decode()

    def _start(self, alias: Alias) -> None:
        if not self.deployment["rollback"]:
            alias.check()

    def _hook(self, event: str, spec: AppSpec) -> None:
        function = spec.hooks.get(event)
        if function is None:
            self._change(lambda: targets.mark(self._target, event, "Skipped"))
        else:
            self._event(event, lambda: self._validate(event, function))

    def _validate(self, event: str, function: str) -> None:
        if event not in self.deployment["hooks"]:
            hooks.invoke(self.deployment, event, function, self.clients.lambda_)
        began = targets.event(self._target, event)["startTime"]
        deadline = began + settings().real_seconds(hooks.ANSWER_SECONDS)
        while not hooks.answered(self.deployment, event):
            if time.time() >= deadline:
                raise hooks.unanswered(event)
            self._wait_until(deadline)

    def _shift(self, alias: Alias) -> None:
        routing = configurations.find(self.info["deploymentConfigName"])["trafficRoutingConfig"]
        began = targets.event(self._target, "AllowTraffic")["startTime"]
        minute = settings().minute_seconds
        shifted = -1
        while shifted < 100:
            share = (
                100
                if self.deployment["rollback"]
                else configurations.percentage_at(routing, (time.time() - began) / minute)
            )
            if share != shifted:
                alias.shift(share)
                function = self._target["lambdaFunctionInfo"]
                self._change(partial(function.update, targetVersionWeight=float(share)))
                shifted = share
            elif share < 100:
                self._wait_until(began + ((time.time() - began) // minute + 1) * minute)

    @property
    def _target(self) -> Record:
        return self.deployment["target"]

    def _event(self, name: str, work: Callable[[], None]) -> None:
        if targets.event(self._target, name)["status"] in ("Succeeded", "Skipped"):
            return
        self._change(lambda: targets.mark(self._target, name, "InProgress"))
        if name != "Start":
            self._look()
        work()
        self._change(lambda: targets.mark(self._target, name, "Succeeded"))

    def _wait_until(self, moment: float) -> None:
        """Until `moment`, an answer, or the next look at the alarms, whichever comes first."""
        pause = min(max(0.2, settings().real_seconds(_LOOK_EVERY_SECONDS)), max(0.0, moment - time.time()))
        with state.changed:
            self._still_wanted()
            state.changed.wait(pause)
        self._look()

    def _look(self) -> None:
        with state.changed:
            self._still_wanted()
        if not self.deployment["rollback"]:
            alarms.check(self.deployment["alarms"], self.clients.cloudwatch)

    def _still_wanted(self) -> None:
        if state.deployments.get(self.info["deploymentId"]) is not self.deployment:
            raise _Forgotten
        if self.deployment["stop"] is not None:
            raise DeploymentEnded("Stopped", "MANUAL_STOP", "Deployment stopped by user")

    def _change(self, how: Callable[[], None]) -> None:
        with state.changed:
            self._still_wanted()
            how()
            self._target_follows()
            state.changed.notify_all()

    def _target_follows(self) -> None:
        if self.deployment.get("target") is not None and self._target["status"] == "Pending":
            self._target["status"] = "InProgress"

    def _succeed(self) -> None:
        self._target["status"] = "Succeeded"
        self.info.update(status="Succeeded", completeTime=time.time())


def _refused(error: ClientError) -> DeploymentEnded:
    """What it means for a deployment that Lambda refused a call of its service role."""
    code = error.response.get("Error", {}).get("Code", "")
    meaning = {
        "AccessDeniedException": "IAM_ROLE_PERMISSIONS",
        "AccessDenied": "IAM_ROLE_PERMISSIONS",
        "ResourceNotFoundException": "INVALID_LAMBDA_FUNCTION",
        "TooManyRequestsException": "THROTTLED",
        "ThrottlingException": "THROTTLED",
    }.get(code, "INVALID_LAMBDA_CONFIGURATION")
    return DeploymentEnded("Failed", meaning, f"The deployment failed: {error}")
