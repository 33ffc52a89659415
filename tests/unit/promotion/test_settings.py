"""Settings survive the way into a Lambda variable and back, and answer questions about paths, places and windows."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from towpath.promotion.settings import Environment, Gates, Pipeline, Settings, decode, encode

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", fullmatch=True)
ARNS = st.integers(0, 10**12 - 1).map(lambda account: f"arn:aws:iam::{account:012d}:role/Reviewer")
ENVIRONMENTS = st.builds(
    Environment,
    name=NAMES,
    account=st.sampled_from(["", "111111111111"]),
    region=st.sampled_from(["", "eu-west-1"]),
    execution_policies=st.lists(ARNS, max_size=3).map(tuple),
    approvers=st.lists(ARNS, max_size=5).map(tuple),
    bake_minutes=st.integers(0, 2880),
    windows=st.sampled_from([(), ("mon-fri 08:00-16:00 Europe/Berlin",)]),
    gates=st.builds(Gates, privilege=st.sampled_from(["approve", "refuse"])),
)


@st.composite
def settings_values(draw: st.DrawFn) -> Settings:
    environments = draw(st.lists(ENVIRONMENTS, min_size=1, max_size=12, unique_by=lambda item: item.name))
    names = [item.name for item in environments]
    paths = draw(st.dictionaries(NAMES, st.lists(st.sampled_from(names), min_size=1).map(tuple), max_size=3))
    pipeline = draw(st.builds(Pipeline, poll_seconds=st.integers(1, 300), uploaders=st.lists(ARNS).map(tuple)))
    return Settings({item.name: item for item in environments}, {**paths, "default": tuple(names)}, pipeline)


@given(settings_values())
def test_encoding_loses_nothing(settings: Settings) -> None:
    assert decode(encode(settings)) == settings
    assert Settings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


def test_long_settings_are_compressed_and_stay_small() -> None:
    policies = tuple(f"arn:aws:iam::{account:012d}:policy/Deploy" for account in range(5))
    environments = {
        f"place-{n}": Environment(f"place-{n}", f"{n:012d}", execution_policies=policies) for n in range(40)
    }
    settings = Settings(environments, {"default": tuple(environments)})
    assert len(json.dumps(settings.to_json())) > 8000
    assert len(encode(settings)) < 2000
    assert decode(encode(settings)) == settings


def test_a_service_may_have_its_own_path() -> None:
    settings = Settings({}, {"default": ("preview", "production"), "towpath": ("home",)})
    assert settings.path_of("orders") == ("preview", "production")
    assert settings.path_of("towpath") == ("home",)


def test_places_default_to_the_pipelines() -> None:
    environments = {"near": Environment("near"), "far": Environment("far", "222222222222", "us-east-1")}
    placed = Settings(environments, {"default": ("near", "far")}).placed("111111111111", "eu-west-1")
    near, far = placed.environment("near"), placed.environment("far")
    assert (near.account, near.region) == ("111111111111", "eu-west-1")
    assert (far.account, far.region) == ("222222222222", "us-east-1")
    assert far.role_arn("deployment") == "arn:aws:iam::222222222222:role/towpath-far-deployment"
    assert far.codedeploy_application == "towpath-far"


def test_environments_may_call_a_stack_differently() -> None:
    assert Environment("staging").stack_name("orders") == "orders"
    assert Environment("staging", stack="acme-{stack}-staging").stack_name("orders") == "acme-orders-staging"


def test_an_environment_knows_when_it_opens() -> None:
    environment = Environment("production", windows=("mon 08:00-16:00 UTC",))
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert not environment.is_open(sunday)
    assert environment.opens_at(sunday) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert Environment("preview").is_open(sunday)
