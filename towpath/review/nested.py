"""The templates of nested stacks on both sides of a plan, so that what they grant is compared like the rest.

The live ones are read from the stacks that run, whatever they were deployed from; the new ones from the release's own
assets, whose address ends in their digest. A template elsewhere can change under its address, and what is not read
counts as changed: `addressed` tells the privilege comparison so by an address that only one side has.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from towpath.review.ports import Deployer
from towpath.template.error import TemplateError
from towpath.template.loading import load_template
from towpath.template.sam import declared_transforms

Document = Mapping[str, Any]
# The content of an asset by its digest (hex SHA-256); None for what is no asset of the release.
Assets = Callable[[str], bytes | None]

STACK: Final = "AWS::CloudFormation::Stack"
MOST: Final = 200
"""So many nested templates are read on each side; what lies beyond counts as not read."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}(?![0-9a-f])")
# The only transform that is resolved here; what others make of a template is known to AWS alone.
_RESOLVED: Final = "AWS::LanguageExtensions"


@dataclass(frozen=True, slots=True)
class NestedTemplates:
    """Templates in long form by their place, `LogicalId` or `LogicalId/LogicalId`; `unread` says why one is missing."""

    live: Mapping[str, Document] = field(default_factory=dict[str, Document])
    proposed: Mapping[str, Document] = field(default_factory=dict[str, Document])
    unread: Mapping[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> dict[str, Any]:
        return {"live": dict(self.live), "proposed": dict(self.proposed), "unread": dict(self.unread)}


def nested_stacks(template: Document) -> Iterator[tuple[str, Document]]:
    """The nested stacks of a template: logical id and properties."""
    resources = template.get("Resources")
    for name, entry in cast("Mapping[str, Any]", resources if isinstance(resources, dict) else {}).items():
        if isinstance(entry, dict) and cast("Document", entry).get("Type") == STACK:
            properties = cast("Document", entry).get("Properties")
            yield name, cast("Document", properties if isinstance(properties, dict) else {})


def live_templates(deployer: Deployer, stack: str, template: Document) -> dict[str, Document]:
    """The processed templates of the stacks that run inside `stack`, at any depth."""
    found: dict[str, Document] = {}
    waiting = [("", stack, template)]
    while waiting:
        place, name, document = waiting.pop()
        if not any(nested_stacks(document)):
            continue
        for logical_id, resource in sorted(deployer.resources(name).items()):
            if resource.type == STACK and resource.physical_id and len(found) < MOST:
                inner = place + logical_id
                text = deployer.live_template(resource.physical_id)
                found[inner] = load_template(text, name=f"the live template of {inner}").document
                waiting.append((f"{inner}/", resource.physical_id, found[inner]))
    return found


def proposed_templates(template: Document, assets: Assets) -> tuple[dict[str, Document], dict[str, str]]:
    """The templates that a new template nests, at any depth, and why those that are missing could not be read."""
    found: dict[str, Document] = {}
    unread: dict[str, str] = {}
    waiting = [("", template)]
    while waiting:
        place, document = waiting.pop()
        for logical_id, properties in nested_stacks(document):
            inner = place + logical_id
            if len(found) >= MOST:
                unread[inner] = f"more than {MOST} nested templates are not read"
                continue
            read = _read(properties.get("TemplateURL"), inner, assets)
            if isinstance(read, str):
                unread[inner] = read
            else:
                found[inner] = read
                waiting.append((f"{inner}/", read))
    return found, unread


def _read(url: Any, place: str, assets: Assets) -> Document | str:
    digest = digest_of(url)
    content = assets(digest) if digest else None
    if content is None:
        return "its TemplateURL names no asset of the release"
    try:
        template = load_template(content, name=f"the new template of {place}")
    except TemplateError as error:
        return f"its template cannot be read: {error}"
    others = [name for name in declared_transforms(template) if name != _RESOLVED]
    if others:
        return f"what the transform {', '.join(others)} makes of its template only AWS knows"
    return template.document


def digest_of(url: Any) -> str:
    """The digest in the address of an asset, "" where there is none or more than one."""
    found = set(_DIGEST.findall(json.dumps(url)))
    return found.pop() if len(found) == 1 else ""


def addressed(
    live: Document | None, proposed: Document, nested: NestedTemplates
) -> tuple[Document | None, Document, dict[str, Document]]:
    """Both templates, each nested stack at an address of its own side, and the nested templates by these addresses.

    Two that were not read and whose address ends in the same digest are the same, and keep it.
    """
    before = _digests(live, nested.live) if live else {}
    after = _digests(proposed, nested.proposed)
    same = {place for place in nested.unread if after.get(place) and before.get(place) == after[place]}
    templates = {
        f"<live:{place}>": _at(document, f"{place}/", "live", same) for place, document in nested.live.items()
    } | {f"<new:{place}>": _at(document, f"{place}/", "new", same) for place, document in nested.proposed.items()}
    return _at(live, "", "live", same) if live else None, _at(proposed, "", "new", same), templates


def place_of(address: str) -> str:
    """The place of a nested template that `addressed` put at this address."""
    return address.partition(":")[2].removesuffix(">")


def _digests(template: Document, inner: Mapping[str, Document]) -> dict[str, str]:
    places = {"": template, **{f"{place}/": document for place, document in inner.items()}}
    return {
        place + name: digest_of(properties.get("TemplateURL"))
        for place, document in places.items()
        for name, properties in nested_stacks(document)
    }


def _at(template: Document, place: str, side: str, same: set[str]) -> Document:
    own = {name: properties for name, properties in nested_stacks(template) if place + name not in same}
    if not own:
        return template
    resources: dict[str, Any] = dict(template["Resources"])
    for name, properties in own.items():
        url = {"TemplateURL": f"<{side}:{place}{name}>"}
        resources[name] = {**resources[name], "Properties": {**properties, **url}}
    return {**template, "Resources": resources}
