"""Puts the functions that a team names under rollout, and notes those whose template shifts its traffic by itself."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from towpath.release.manifest import Rollout
from towpath.release.pack.findings import Findings
from towpath.release.pack.packed import MovedReference
from towpath.release.pack.rollout.deployments import renew_deployments
from towpath.release.pack.rollout.fingerprint import fingerprint, stamped
from towpath.release.pack.rollout.preferences import preferred_strategy
from towpath.release.pack.rollout.triggers import Triggers, already_moved
from towpath.release.pack.rollout.versions import (
    find_aliases,
    is_watched,
    place_alias,
    place_version,
    retain_versions,
    version_parameter,
)
from towpath.release.pack.rollout.wish import DEFAULT_ALIAS, AliasName, RolloutWish
from towpath.template.loading import Template
from towpath.template.traversal import mapping

_FUNCTION = "AWS::Lambda::Function"


class Rolling:
    """The rollout of one template. `parameters` are the release's values by environment.

    `newly_published` are the functions that got their alias, and their triggers' references to it, by SAM just now.
    """

    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, Mapping[str, str]],
        findings: Findings,
        *,
        newly_published: frozenset[str] = frozenset(),
    ) -> None:
        self._source = template
        self._parameters = parameters
        self._findings = findings
        self._newly_published = newly_published
        self._document: dict[str, Any] = copy.deepcopy(template.document)
        self._entries: list[Rollout] = []
        self.moved: list[MovedReference] = []

    @property
    def template(self) -> Template:
        """The template with versions, aliases and moved triggers."""
        return self._source.with_document(self._document)

    @property
    def entries(self) -> tuple[Rollout, ...]:
        """What the manifest says of each function, in the order of their logical ids."""
        return tuple(sorted(self._entries, key=lambda entry: entry.function))

    def put(self, wishes: Sequence[RolloutWish]) -> None:
        """Puts the wished functions under rollout and takes note of those that are watched."""
        marks = {wish.function: self._mark(wish) for wish in wishes if self._is_function(wish)}
        for wish in wishes:
            if wish.function in marks:
                self._put(wish, marks[wish.function])
        self._renew_deployments()
        wished = {wish.function for wish in wishes}
        for function, resource in mapping(self._document.get("Resources")).items():
            if mapping(resource).get("Type") == _FUNCTION and function not in wished:
                self._watch(function)

    def _renew_deployments(self) -> None:
        aliases = [entry.alias for entry in self._entries if not entry.watched]
        by_us = [reference for reference in self.moved if reference.by_us]
        self._document, renewed = renew_deployments(self._document, by_us, aliases)
        for logical_id in renewed:
            said = f"{logical_id} is a new snapshot of its API, because an integration has moved to an alias."
            self._findings.notice("deployment-renewed", said)

    def _mark(self, wish: RolloutWish) -> str:
        return fingerprint(self._source.document, wish.function, self._parameters)

    def _put(self, wish: RolloutWish, mark: str) -> None:
        resources = mapping(self._document["Resources"])
        alias = self._alias(wish, resources)
        if alias is None or not self._alarms_exist(wish, resources):
            return
        if is_watched(resources.get(alias.alias)):
            self._note_watched(alias, wish)
            return
        self._document, version = place_version(self._document, alias, mark)
        place_alias(self._document, alias, version, self._findings)
        properties: dict[str, Any] = self._document["Resources"][alias.function]["Properties"]
        properties["Description"] = stamped(properties.get("Description"), mark)
        retain_versions(self._document["Resources"], alias.function)
        triggers = Triggers(self._source, self._document, alias, wish, self._findings)
        triggers.move()
        if alias.function in self._newly_published:
            self.moved.extend(already_moved(self._source.document, alias))
        self.moved.extend(triggers.moved)
        parameter = version_parameter(alias.function)
        self._entries.append(Rollout(alias.function, alias.alias, alias.name, wish.strategy, parameter, wish.alarms))

    def _alias(self, wish: RolloutWish, resources: dict[str, Any]) -> AliasName | None:
        """The alias that the function has, or the one that it will have."""
        aliases = find_aliases(resources, wish.function)
        named = [alias for alias in aliases if alias.name == DEFAULT_ALIAS]
        if len(aliases) > 1 and len(named) != 1:
            names = ", ".join(alias.alias for alias in aliases)
            said = f"{wish.function} has several aliases ({names}), and none of them is called {DEFAULT_ALIAS}."
            where = self._source.place(("Resources", wish.function))
            self._findings.refuse("alias-ambiguous", said, where, f"Call the one that takes traffic {DEFAULT_ALIAS}.")
            return None
        if aliases:
            return (named or aliases)[0]
        logical_id = f"{wish.function}Live"
        if logical_id in resources:
            said = f"The alias of {wish.function} would be called {logical_id}, and something else is."
            where = self._source.place(("Resources", logical_id))
            self._findings.refuse("alias-name-taken", said, where, "Rename that resource.")
            return None
        return AliasName(wish.function, logical_id, DEFAULT_ALIAS)

    def _is_function(self, wish: RolloutWish) -> bool:
        resource = mapping(self._document.get("Resources")).get(wish.function)
        if mapping(resource).get("Type") == _FUNCTION:
            return True
        functions = [
            name
            for name, entry in mapping(self._document.get("Resources")).items()
            if mapping(entry).get("Type") == _FUNCTION
        ]
        said = f"There is no function with the logical id {wish.function} in this template."
        remedy = (
            f"Its functions are: {', '.join(functions) or 'none'}. Functions of nested stacks are not supported yet."
        )
        self._findings.refuse("rollout-unknown-function", said, self._source.name, remedy)
        return False

    def _alarms_exist(self, wish: RolloutWish, resources: dict[str, Any]) -> bool:
        kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        missing = [name for name in wish.alarms if mapping(resources.get(name)).get("Type") not in kinds]
        for name in missing:
            said = f"The rollout of {wish.function} names the alarm {name}, and the template has no such alarm."
            self._findings.refuse("rollout-unknown-alarm", said, self._source.name, "Give the alarm's logical id.")
        return not missing

    def _watch(self, function: str) -> None:
        resources = mapping(self._document["Resources"])
        for alias in find_aliases(resources, function):
            if is_watched(resources[alias.alias]):
                self._note_watched(alias, RolloutWish(function))

    def _note_watched(self, alias: AliasName, wish: RolloutWish) -> None:
        resources = mapping(self._document["Resources"])
        retain_versions(resources, alias.function)
        strategy = preferred_strategy(resources, alias.alias) or wish.strategy
        self._entries.append(Rollout(alias.function, alias.alias, alias.name, strategy, "", wish.alarms, watched=True))
        self._findings.notice(
            "rollout-watched",
            f"CloudFormation itself shifts the traffic of {alias.function} (CodeDeployLambdaAliasUpdate); we watch.",
            self._source.place(("Resources", alias.alias)),
        )
