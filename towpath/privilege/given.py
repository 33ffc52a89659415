"""One side of a comparison as it was given: a template in any form, with the values of its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from towpath.privilege.contexts import Told
from towpath.template.loading import Template, checked_document, load_template
from towpath.template.parameters import parameter_text
from towpath.template.pseudo import PseudoParameters
from towpath.template.resolution import ResolvedTemplate, resolve
from towpath.template.sam import is_sam
from towpath.template.sam_source import expand_sam_source

TemplateLike = Template | Mapping[str, Any] | str | bytes
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """One side as it was given."""

    template: Template
    values: Parameters

    @classmethod
    def of(cls, given: TemplateLike | None, parameters: Parameters | None, name: str) -> "Given":
        values = dict(parameters or {})
        if given is None:
            return cls(Template.from_document({"Resources": {}}, name=name), values)
        template = given if isinstance(given, Template) else _loaded(given, name)
        if is_sam(template):
            known = {key: text for key, value in values.items() if (text := parameter_text(value)) is not None}
            template = expand_sam_source(template, known)
        return cls(template, values)

    def resolved(self, place: PseudoParameters, known: Told | None = None) -> ResolvedTemplate:
        if known is None:
            return resolve(self.template, self.values, pseudo=place)
        return known.put_into(resolve(self.template, self.values, pseudo=place, told=known.values))


def _loaded(given: Mapping[str, Any] | str | bytes, name: str) -> Template:
    if isinstance(given, (str, bytes)):
        return load_template(given, name=name)
    return checked_document(given, name=name)
