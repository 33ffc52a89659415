"""One promotion in one environment, all of its steps run by our own handlers on deployer, traffic and probes in memory.

The order desk's function `Api` is under rollout; its first version is live unless the scene begins with nothing.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any
from unittest.mock import PropertyMock, patch

from tests.fakes.deployer import FakeStack, InMemoryDeployer
from tests.fakes.runtime import SETTINGS, FakeRuntime
from tests.fakes.traffic import InMemoryTraffic, ScriptedProber
from tests.fakes.voices import MORNING
from tests.unit.promotion.test_records import release
from tests.unit.release.artifact_builder import described, sha256
from towpath.aws.runtime import replaced
from towpath.aws.stage import Stage
from towpath.promotion.lease import Bid, take
from towpath.promotion.records import Contender, LiveRelease, Promotion, Release, ReleaseRecord
from towpath.promotion.settings import Environment, Gates
from towpath.traffic.ports import AliasState

FUNCTION, ALIAS, VERSION_PARAMETER = "orders-api", "live", "TowpathApiLiveVersion"
ROLLOUT = {
    "function": "Api",
    "alias": "ApiLive",
    "alias_name": ALIAS,
    "version_parameter": VERSION_PARAMETER,
    "strategy": "canary-10-percent-5-minutes",
    "alarms": ["ApiErrors", "SharedErrors"],
}
PARAMETERS: dict[str, Any] = {
    "TowpathAssetBucket": {"Type": "String"},
    "TowpathAssetPrefix": {"Type": "String"},
    VERSION_PARAMETER: {"Type": "String", "Default": ""},
    "LogLevel": {"Type": "String", "Default": "INFO"},
    "Password": {"Type": "String", "NoEcho": True, "Default": ""},
}


def template(mark: str) -> str:
    """The template of the version that carries this mark."""
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": mark}}}
    return json.dumps({"Parameters": PARAMETERS, "Resources": {"Api": function}})


def version_arn(number: int) -> str:
    return f"arn:aws:lambda:eu-west-1:111111111111:function:{FUNCTION}:{number}"


class Scene:
    """`first=True`: nothing is deployed yet. `probes` and further members go into the new release's manifest.

    `template` is the key of the new release's template, `given` what every step gets.
    """

    def __init__(self, *, first: bool = False, environment: Environment | None = None, **manifest: Any) -> None:
        preview = environment or SETTINGS.environments["preview"]
        settings = replace(SETTINGS, environments={**SETTINGS.environments, "preview": preview})
        self.runtime = FakeRuntime(settings)
        self.documents, self.ledger = self.runtime.fake_documents, self.runtime.fake_ledger
        self.deployer, self.traffic = InMemoryDeployer(self.documents), InMemoryTraffic()
        self.prober = ScriptedProber()
        if not first:
            self._live()
        self.release = self.register("1.2.0", **manifest)
        self.promotion = replace(
            Promotion.of(self.release, "preview", "arn:parent"), execution="arn:execution", started="2026"
        )
        self.ledger.open_promotion(self.promotion, "On its way.", MORNING)
        bid = Bid(Contender(self.promotion.id, "arn:execution", self.release.order), self.promotion.digest)
        taking = take(self.ledger, ("orders", "preview"), bid, self.runtime.executions.is_running)
        assert taking.lease is not None
        self.given: dict[str, Any] = {"promotion": self.promotion.to_json(), "fence": taking.lease.fence}

    def register(self, version: str, **manifest: Any) -> Release:
        """A registered release whose manifest and template are where the pipeline keeps them."""
        text = template(version).encode()
        self.template = f"assets/{sha256(text)}"
        self.documents.kept[self.template] = text
        document = {
            "format": 1,
            "service": "orders",
            "version": version,
            "template": described("template.json", text),
            "assets": [],
            "parameters": {"*": {"LogLevel": "INFO", "Password": f"secret of {version}"}},
            "capabilities": ["CAPABILITY_IAM"],
            "rollout": [ROLLOUT],
            **manifest,
        }
        manifest_key = self.documents.put("manifest", json.dumps(document).encode())
        found = replace(release(version=version), digest=sha256(version.encode()), manifest=manifest_key)
        self.ledger.write_release(ReleaseRecord(found, "arn:parent"))
        return found

    def _live(self) -> None:
        """1.1.0 is live: published as version 1, shifted to version 2 since, so the stack's parameter is old."""
        before = self.register("1.1.0")
        parameters = {
            "TowpathAssetBucket": "assets",
            "TowpathAssetPrefix": "assets/",
            VERSION_PARAMETER: "1",
            "LogLevel": "INFO",
            "Password": "secret of 1.1.0",
        }
        self.deployer.stacks["orders"] = FakeStack(
            "UPDATE_COMPLETE", template("1.1.0"), parameters, {"Url": "https://x"}, {"team": "desk"}, {"Password"}
        )
        self.deployer.physical["orders"] = {"Api": FUNCTION, "ApiErrors": "orders-errors", "V2": version_arn(2)}
        self.traffic.aliases[FUNCTION, ALIAS] = AliasState("2", {})
        self.ledger.lives["orders", "preview"] = LiveRelease(
            "orders", "preview", "1.1.0", before.digest, "p0", MORNING, before.order
        )

    def call(self, module: str, **more: Any) -> dict[str, Any]:
        with self.on_stage():
            return import_module(f"handlers.{module}").handler({**self.given, **more}, None)

    @contextmanager
    def on_stage(self) -> Generator[None]:
        ports = {"deployer": self.deployer, "router": self.traffic, "prober": self.prober}
        places = [patch.object(Stage, name, PropertyMock(return_value=port)) for name, port in ports.items()]
        with replaced(self.runtime), places[0], places[1], places[2]:
            yield

    def created(self) -> dict[str, Any]:
        """Run `create_change_set`; every later step gets its answer."""
        answer = self.call("create_change_set")
        assert answer["outcome"] == "created", answer
        self.given["change_set"] = answer["change_set"]
        return answer["change_set"]

    def reviewed(self) -> dict[str, Any]:
        self.created()
        answer = self.call("review_change_set")
        self.given["plan"] = answer["plan"]
        return answer

    def deployed(self) -> None:
        """The change set is carried out: version 3 is published, and the alias stays where it was."""
        self.reviewed()
        assert self.call("execute_change_set")["outcome"] == "executing"
        self.deployer.settle()
        self.deployer.physical["orders"] = {"Api": FUNCTION, "ApiErrors": "orders-errors", "V3": version_arn(3)}
        if (FUNCTION, ALIAS) not in self.traffic.aliases:
            self.traffic.aliases[FUNCTION, ALIAS] = AliasState("3", {})

    def shifting(self) -> str:
        self.deployed()
        answer = self.call("shift_traffic")
        (deployment,) = self.given["deployments"] = answer["deployments"]
        return deployment

    def snapshot(self) -> Mapping[str, Any]:
        return json.loads(self.documents.get(self.given["change_set"]["before"]))


def preview(**parts: Any) -> Environment:
    """The environment with other settings; `gates` as a mapping."""
    gates = Gates(**parts.pop("gates", {}))
    return replace(SETTINGS.environments["preview"], gates=gates, **parts)
