"""Which settings make sense: known names, places that do not collide, windows that open, nobody who uploads approves.

The shape has been checked before (`towpath.promotion.settings_file`); each error here still names its key.
"""

from collections.abc import Iterator
from itertools import combinations

from towpath.promotion.principal import overlap
from towpath.promotion.settings import Environment, Settings
from towpath.promotion.window import Window
from towpath.traffic.strategy import Strategy
from towpath.verdict import Reason

# A Standard execution holds 25,000 events and each look takes about ten; other states and retries need some too.
_MOST_LOOKS = 2000
# How far apart the looks at a traffic shift or at a baking release come to be (promote_to_environment.asl.json).
_LONGEST_WAIT_SECONDS = 120
_ITSELF = "towpath"


def errors_of_sense(settings: Settings) -> Iterator[Reason]:
    """What is wrong with settings whose shape is right."""
    yield from _errors_of_home(settings)
    for name, path in settings.paths.items():
        yield from _errors_of_path(settings, name, path)
    for environment in settings.environments.values():
        yield from _errors_of_environment(settings, environment)


def _errors_of_home(settings: Settings) -> Iterator[Reason]:
    """Where Towpath releases itself, releases may change Towpath; no other service may come there."""
    homes = settings.paths.get(_ITSELF, ())
    others = {name: path for name, path in settings.paths.items() if name != _ITSELF}
    for name, path in others.items():
        for home in [step for step in path if step in homes]:
            message = f"{home} is where Towpath changes itself; no other service may be released there."
            remedy = f"Give the service {_ITSELF} an environment of its own."
            yield Reason("settings-home-shared", message, f"paths.{name}", remedy)


def _errors_of_path(settings: Settings, name: str, path: tuple[str, ...]) -> Iterator[Reason]:
    key = f"paths.{name}"
    for unknown in [step for step in path if step not in settings.environments]:
        known = ", ".join(settings.environments)
        yield Reason("settings-environment-unknown", f"there is no environment {unknown!r}.", key, f"Known: {known}.")
    if len(set(path)) < len(path):
        yield Reason("settings-environment-twice", "names an environment twice.", key)
        return
    known_steps = [settings.environments[step] for step in path if step in settings.environments]
    for one, other in combinations(known_steps, 2):
        if _place(settings, one) == _place(settings, other):
            yield Reason(
                "settings-place-twice",
                f"{one.name} and {other.name} are the same account and region; their stacks would be the same stack.",
                key,
                f"Set environments.{other.name}.account, or .stack to a name such as {{stack}}-{other.name}.",
            )


def _place(settings: Settings, environment: Environment) -> tuple[str, str, str]:
    account = environment.account or settings.pipeline.account
    return account, environment.region or settings.pipeline.region, environment.stack


def _errors_of_environment(settings: Settings, environment: Environment) -> Iterator[Reason]:
    key = f"environments.{environment.name}"
    elsewhere = environment.account and environment.account != settings.pipeline.account
    if elsewhere and not settings.pipeline.account:
        message = "must be set: roles in other accounts name it in their trust."
        yield Reason("settings-account-missing", message, "pipeline.account", f"{key} is in {environment.account}.")
    if environment.region not in ("", settings.pipeline.region):
        yield Reason(
            "settings-region-elsewhere",
            f"{environment.region} is not pipeline.region ({settings.pipeline.region or 'not set'}). Other regions are "
            "not supported yet: Lambda takes code only from a bucket in its own region, and the pipeline has one.",
            f"{key}.region",
            f"Set pipeline.region, or run a pipeline in {environment.region}.",
        )
    yield from _errors_of_pace(settings, environment, key)
    yield from _errors_of_windows(environment, key)
    yield from _errors_of_people(settings, environment, key)


def _errors_of_pace(settings: Settings, environment: Environment, key: str) -> Iterator[Reason]:
    try:
        shifting = Strategy.parse(environment.minimum_rollout).shift_minutes
    except ValueError as error:
        yield Reason("settings-rollout-unknown", str(error), f"{key}.minimum_rollout")
        return
    seconds = int((environment.bake_minutes + shifting) * 60)
    every = max(settings.pipeline.poll_seconds, _LONGEST_WAIT_SECONDS)
    if seconds // every > _MOST_LOOKS:
        yield Reason(
            "settings-bake-too-long",
            f"{environment.bake_minutes:g} minutes of baking and {shifting} of shifting are {seconds // every} looks, "
            f"{every} seconds apart; one execution has room for {_MOST_LOOKS}.",
            f"{key}.bake_minutes",
            f"Set pipeline.poll_seconds to {-(-seconds // _MOST_LOOKS)} or more, or take less time.",
        )


def _errors_of_windows(environment: Environment, key: str) -> Iterator[Reason]:
    for index, text in enumerate(environment.windows):
        try:
            Window.parse(text)
        except ValueError as error:
            yield Reason("settings-window-invalid", str(error), f"{key}.windows[{index}]")


def _errors_of_people(settings: Settings, environment: Environment, key: str) -> Iterator[Reason]:
    for index, approver in enumerate(environment.approvers):
        for uploader in settings.pipeline.uploaders:
            if overlap(approver, uploader):
                yield Reason(
                    "settings-uploader-approves",
                    f"{approver} is also {uploader} of pipeline.uploaders; who uploads never approves.",
                    f"{key}.approvers[{index}]",
                    "Take it out of one of the two.",
                )
