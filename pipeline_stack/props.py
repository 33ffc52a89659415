"""What the stacks need to know, as plain values: `app.py` fills them from the settings, tests fill them by hand."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EnvironmentProps:
    """One environment. An empty account or region is the pipeline's."""

    name: str
    account: str
    region: str
    execution_policies: tuple[str, ...]
    permissions_boundary: str = ""
    # Whether the pipeline itself is released into this environment, so its stack may be changed there.
    holds_pipeline: bool = False
    # Whether IAM Access Analyzer is asked about policies there.
    second_opinion: bool = False


@dataclass(frozen=True, slots=True)
class PipelineProps:
    """The pipeline: where it is, what its functions are configured with, and the files that it is made of."""

    settings: str
    environments: tuple[EnvironmentProps, ...]
    version: str
    code: Path
    code_digest: str
    runtime: str
    definitions: Path
    event_schemas: Path
    account: str = ""
    region: str = ""
    poll_seconds: int = 15
    approval_seconds: int = 72 * 3600
    log_retention_days: int = 90
    alarm_topics: tuple[str, ...] = ()
    uploaders: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
