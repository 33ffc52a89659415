"""A runtime whose ports are the fakes; a handler test puts it in place with `towpath.aws.runtime.replaced`."""

from __future__ import annotations

from typing import Any

from tests.fakes.artifacts import InMemoryArtifacts
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.voices import FakeExecutions, InMemoryDocuments, RecordingAnnouncer, SettableClock
from towpath.aws.runtime import Runtime
from towpath.promotion.settings import Environment, Settings

SETTINGS = Settings(
    environments={
        name: Environment(
            name,
            account="111111111111",
            region="eu-west-1",
            approvers=("arn:aws:iam::111111111111:role/Reviewer",),
        )
        for name in ("preview", "staging", "production")
    },
    paths={"default": ("preview", "staging", "production")},
)


class FakeRuntime(Runtime):
    """`FakeRuntime(deployer=…)` sets further ports by name; the fakes themselves are attributes for assertions."""

    def __init__(self, settings: Settings = SETTINGS, **ports: Any) -> None:
        super().__init__(
            {"TOWPATH_RELEASE_BUCKET": "releases", "TOWPATH_ASSET_BUCKET": "assets", "TOWPATH_LEDGER_TABLE": "ledger"}
        )
        self.fake_ledger = InMemoryLedger()
        self.fake_clock = SettableClock()
        self.fake_announcer = RecordingAnnouncer(self.fake_ledger)
        self.fake_executions = FakeExecutions()
        self.fake_documents = InMemoryDocuments()
        self.fake_artifacts = InMemoryArtifacts()
        self.__dict__.update(
            settings=settings,
            ledger=self.fake_ledger,
            clock=self.fake_clock,
            announcer=self.fake_announcer,
            executions=self.fake_executions,
            documents=self.fake_documents,
            artifacts=self.fake_artifacts,
        )
        self.__dict__.update(ports)
