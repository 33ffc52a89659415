"""`towpath.toml` is read whole or refused with every error, each naming its key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.promotion.settings import Environment, Gates, Pipeline, Settings
from towpath.promotion.settings_file import SettingsError, parse_settings, settings_schema

POLICY = "arn:aws:iam::aws:policy/PowerUserAccess"
REVIEWER = "arn:aws:iam::111111111111:role/Reviewer"
MINIMAL = f"""
format = 1
[paths]
default = ["staging"]
[environments.staging]
execution_policies = ["{POLICY}"]
"""


def errors_of(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text)
    return [str(reason) for reason in caught.value.reasons]


def with_environment(line: str, more: str = "") -> str:
    return f"{MINIMAL}{line}\n{more}"


def test_the_settings_of_this_repository_are_valid() -> None:
    settings = parse_settings(Path("towpath.toml").read_text("utf-8"))
    assert settings.path_of("orders") == ("preview", "staging", "production")
    assert settings.path_of("towpath") == ("home",)


def test_a_small_file_gets_the_defaults() -> None:
    assert parse_settings(MINIMAL) == Settings(
        environments={"staging": Environment("staging", execution_policies=(POLICY,), gates=Gates())},
        paths={"default": ("staging",)},
        pipeline=Pipeline(),
    )


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('bake_minutes = "60"', 'bake_minutes: must be of type number, not "60".'),
        ("bake_minutes = true", "bake_minutes: must be of type number, not true."),
        ("bake_minutes = -1", "bake_minutes: must be at least 0, not -1."),
        ("bake_minute = 1", "bake_minute: no such key. Did you mean 'bake_minutes'?"),
        ('account = "1"', 'account: must match ^[0-9]{12}$, not "1".'),
        ('gates.privilege = "pass"', 'gates.privilege: must be one of approve, refuse, not "pass".'),
        ("gates.second_opinion = true", "gates.second_opinion: must be one of off, access-analyzer, not true."),
        ('gates.second_opinon = "off"', "gates.second_opinon: no such key. Did you mean 'second_opinion'?"),
        (f'approvers = ["{REVIEWER}", "{REVIEWER}"]', "approvers: must not name anything twice, not "),
        ('windows = ["mon 08:00-16:00 UTC", "noon"]', "windows[1]: 'noon' is not a window."),
    ],
)
def test_an_error_in_an_environment_names_its_key(line: str, error: str) -> None:
    [found] = errors_of(with_environment(line))
    assert found.startswith("environments.staging.")
    assert error in found


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("format = ", "this is not TOML: Invalid value (at end of document)."),
        (MINIMAL.replace("format = 1", ""), "format: the key is missing."),
        (MINIMAL.replace("format = 1", "format = 2"), "format: must be 1, not 2."),
        (MINIMAL.replace("default", "other"), "paths.default: the key is missing."),
        (with_environment("[pipeline]\npoll = 1"), "pipeline.poll: no such key. Did you mean 'poll_seconds'?"),
        (with_environment("[pipeline]\nx = 1"), "pipeline.x: no such key. Known here: account, region, poll_seconds, "),
        (with_environment("[environments.preview]"), "environments.preview.execution_policies: the key is missing."),
        (with_environment("[environments.Prod]"), "environments.Prod: 'Prod' cannot be a name here: it must match "),
        (
            with_environment('account = "222222222222"'),
            "pipeline.account: must be set: roles in other accounts name it",
        ),
        (MINIMAL.replace('["staging"]', '["prod"]'), "paths.default: there is no environment 'prod'. Known: staging."),
        (MINIMAL.replace('["staging"]', '["staging", "staging"]'), "paths.default: names an environment twice."),
    ],
)
def test_an_error_names_its_key(text: str, error: str) -> None:
    [found] = errors_of(text)
    assert found.startswith(error)


def test_two_environments_of_a_path_are_two_places() -> None:
    text = MINIMAL.replace('["staging"]', '["staging", "preview"]')
    preview = f'[environments.preview]\nexecution_policies = ["{POLICY}"]\n'
    [error] = errors_of(text + preview)
    assert error.startswith("paths.default: staging and preview are the same account and region")
    assert "Set environments.preview.account, or .stack to a name such as {stack}-preview." in error
    assert parse_settings(f'{text}{preview}stack = "{{stack}}-preview"').path_of("orders") == ("staging", "preview")
    assert errors_of(f'{text}{preview}region = "eu-west-1"\n[pipeline]\nregion = "eu-west-1"')


def test_shifting_and_baking_fit_into_one_execution() -> None:
    long = 'minimum_rollout = "canary-10-percent-1200-minutes"\nbake_minutes = 2880'
    [error] = errors_of(with_environment(long))
    assert error.startswith(
        "environments.staging.bake_minutes: 2880 minutes of baking and 1200 of shifting are 2040 looks"
    )
    assert "one execution has room for 2000. Set pipeline.poll_seconds to 123 or more" in error
    assert parse_settings(with_environment(long, "[pipeline]\npoll_seconds = 123"))


def test_only_towpath_is_released_where_it_is_at_home() -> None:
    [error] = errors_of(MINIMAL.replace("[paths]", '[paths]\ntowpath = ["staging"]'))
    assert error.startswith("paths.default: staging is where Towpath changes itself")


def test_another_region_is_not_supported_yet() -> None:
    [error] = errors_of(with_environment('region = "us-east-1"', '[pipeline]\nregion = "eu-west-1"'))
    assert error.startswith("environments.staging.region: us-east-1 is not pipeline.region (eu-west-1).")
    assert "Lambda takes code only from a bucket in its own region" in error
    assert errors_of(with_environment('region = "us-east-1"'))
    same = parse_settings(with_environment('region = "us-east-1"', '[pipeline]\nregion = "us-east-1"'))
    assert same.environment("staging").region == "us-east-1"


def test_who_uploads_never_approves() -> None:
    approvers = 'approvers = ["arn:aws:sts::111111111111:assumed-role/Reviewer/*"]'
    [error] = errors_of(with_environment(approvers, f'[pipeline]\nuploaders = ["{REVIEWER}"]'))
    assert error.startswith("environments.staging.approvers[0]: ")
    assert "who uploads never approves" in error


@pytest.mark.parametrize(
    "rollout",
    ["canary", "canary-0-percent-5-minutes", "linear-100-percent-every-1-minute", "canary-10-percent-2881-minutes"],
)
def test_an_unknown_rollout_is_refused(rollout: str) -> None:
    [error] = errors_of(with_environment(f'minimum_rollout = "{rollout}"'))
    assert error.startswith(f"environments.staging.minimum_rollout: '{rollout}'")


@pytest.mark.parametrize("rollout", ["all-at-once", "canary-10-percent-5-minutes", "linear-10-percent-every-3-minutes"])
def test_a_known_rollout_is_taken(rollout: str) -> None:
    assert (
        parse_settings(with_environment(f'minimum_rollout = "{rollout}"')).environment("staging").minimum_rollout
        == rollout
    )


@pytest.mark.parametrize(
    "approver",
    ["*", "arn:aws:iam::111111111111:role/*", "arn:aws:sts::111111111111:assumed-role/*/alice", "arn:aws:iam::1:role/R",
     "arn:aws:iam::111111111111:group/G", "arn:aws:sts::111111111111:assumed-role/R/a*"],
)  # fmt: skip
def test_an_approver_is_a_role_a_user_or_a_session(approver: str) -> None:
    [error] = errors_of(with_environment(f'approvers = ["{approver}"]'))
    assert error.startswith("environments.staging.approvers[0]: must match")


def test_all_errors_are_reported_together() -> None:
    text = with_environment('bake_minutes = "x"\nwindow = []', "[pipeline]\npoll_seconds = 0")
    assert len(errors_of(text)) == 3


def test_the_schema_is_a_json_schema_and_its_defaults_are_those_of_the_code() -> None:
    schema = settings_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    pipeline, environment = schema["properties"]["pipeline"], schema["definitions"]["environment"]
    gates = environment["properties"]["gates"]
    for part, value in ((pipeline, Pipeline()), (environment, Environment("x")), (gates, Gates())):
        defaults = {key: item["default"] for key, item in part["properties"].items() if item.get("default", {}) != {}}
        assert defaults == {key: _as_json(getattr(value, key)) for key in defaults}


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
EDITS: list[Callable[[dict[str, Any], str, Any], None]] = [
    lambda document, key, value: document.update({key: value}),
    lambda document, key, value: document["environments"]["staging"].update({key: value}),
    lambda document, key, value: document.setdefault("pipeline", {}).update({key: value}),
    lambda document, key, value: document["environments"]["staging"].setdefault("gates", {}).update({key: value}),
]


@given(
    st.sampled_from(EDITS),
    st.from_regex(r"[a-z_]{3,12}", fullmatch=True),
    SCALARS.filter(lambda value: value is not None),
)
def test_what_the_schema_refuses_is_refused(
    edit: Callable[[dict[str, Any], str, Any], None], key: str, value: Any
) -> None:
    document: dict[str, Any] = {
        "format": 1,
        "paths": {"default": ["staging"]},
        "environments": {"staging": {"execution_policies": [POLICY]}},
    }
    edit(document, key, value)
    text = "\n".join(f"{name} = {_toml(item)}" for name, item in document.items())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, settings_schema())
    assert all(": " in error for error in errors_of(text))


def _toml(value: Any) -> str:
    """A JSON value as TOML: inline tables all the way. A JSON string is a TOML string once DEL is escaped too."""
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in items) + "}"
    return json.dumps(value).replace("\x7f", "\\u007f")


def test_each_environment_has_gates_of_its_own() -> None:
    more = (
        '[environments.live]\nexecution_policies = ["arn:aws:iam::aws:policy/PowerUserAccess"]\nstack = "{stack}-live"'
    )
    text = with_environment('gates.privilege = "refuse"', f'{more}\ngates.second_opinion = "access-analyzer"')
    settings = parse_settings(text)
    assert settings.environment("staging").gates == Gates(privilege="refuse")
    assert settings.environment("live").gates == Gates(second_opinion="access-analyzer")
    assert Settings.from_json(settings.to_json()) == settings
