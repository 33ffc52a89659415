"""Puts the content of every local `AWS::Include` where the include stands.

CloudFormation would fetch the file when the stack changes; taken in now, it is part of the template that is reviewed,
and it may use short tags (docs/adr/0011). An include from S3 is left to CloudFormation and said to be outside.
"""

from pathlib import Path
from typing import Any

from towpath.release.pack.findings import Findings
from towpath.template.error import TemplateError
from towpath.template.loading import Template, load_template
from towpath.template.position import Path as JsonPath
from towpath.template.traversal import mapping, sequence

_DEEPEST = 10


class Includer:
    """Takes in the includes of one template, whose folder is `folder`."""

    def __init__(self, template: Template, folder: Path, findings: Findings) -> None:
        self._template = template
        self._folder = folder
        self._findings = findings

    def document(self) -> dict[str, Any]:
        """The document with its local includes taken in."""
        document = dict(self._template.document)
        entries = sequence(document.pop("Transform", None))
        left: list[Any] = []
        for entry in entries:
            content = self._content(entry, ("Transform",))
            if content is None:
                left.append(entry)
            else:
                self._merge(document, content, ("Transform",))
        taken = {key: self._value(item, (key,), 0) for key, item in document.items()}
        if left:
            taken["Transform"] = left if isinstance(self._template.document["Transform"], list) else left[0]
        order = [*self._template.document, *taken]
        return {key: taken[key] for key in dict.fromkeys(order) if key in taken}

    def _value(self, value: Any, path: JsonPath, depth: int) -> Any:
        if isinstance(value, list):
            return [self._value(item, (*path, index), depth) for index, item in enumerate(sequence(value))]
        if not isinstance(value, dict):
            return value
        entries = dict(mapping(value))
        content = self._content(entries.get("Fn::Transform"), (*path, "Fn::Transform"))
        if content is not None:
            del entries["Fn::Transform"]
            if depth >= _DEEPEST:
                where = self._template.place(path)
                self._findings.refuse("include-too-deep", "Includes lead to one another.", where, "Cut the circle.")
                return entries
            self._merge(entries, content, path)
            depth += 1
        return {key: self._value(item, (*path, key), depth) for key, item in entries.items()}

    def _merge(self, entries: dict[str, Any], content: dict[str, Any], path: JsonPath) -> None:
        for key, item in content.items():
            if key in entries:
                self._findings.refuse(
                    "include-duplicate",
                    f'The included file brings the key "{key}", which stands here already.',
                    self._template.place(path),
                    "Remove one of the two.",
                )
            entries[key] = item

    def _content(self, transform: Any, path: JsonPath) -> dict[str, Any] | None:
        """The content of the file that this transform includes; None when it includes none that is local."""
        if mapping(transform).get("Name") != "AWS::Include":
            return None
        location = mapping(mapping(transform).get("Parameters")).get("Location")
        where = self._template.place(path)
        if not isinstance(location, str) or location.startswith("s3://"):
            self._findings.notice("include-outside", "An include from S3 is not part of the release.", where)
            return None
        file = self._folder / location
        try:
            return load_template(file.read_bytes(), name=location).document
        except TemplateError as error:
            self._findings.refusals.append(error.reason)
        except OSError as error:
            said = f"The included file {location} cannot be read: {error.strerror}."
            self._findings.refuse(
                "include-missing", said, where, "Correct the path; it starts at the template's folder."
            )
        return {}
