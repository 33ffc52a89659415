"""Explains one request by two templates: who asks and for what, which policies count, and the answer of each side.

The same words as in a comparison hold on both sides, so the witness of a finding can be asked as it stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from towpath.privilege.compare_grants import Held, Holding
from towpath.privilege.compare_templates import Both, read_both
from towpath.privilege.explaining.answer import Answer, Outcome
from towpath.privilege.explaining.deciding import Layer, Standing, decide
from towpath.privilege.explaining.naming import holder_named, holders, resource_named, stands_at
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.given import Parameters, TemplateLike
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind
from towpath.template.conditions import Truth
from towpath.template.pseudo import PseudoParameters

_ASSUMING: Final = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The request in the words of the templates, and each side's answer."""

    request: Request
    before: Answer
    after: Answer


def explain_templates(
    request: Request,
    old: TemplateLike | None,
    new: TemplateLike | None,
    *,
    old_parameters: Parameters | None = None,
    new_parameters: Parameters | None = None,
    pseudo: PseudoParameters | None = None,
) -> Explanation:
    """Why each template allows the request or not.

    `request.principal` may be a logical id, `request.resource` too. The account of a role that is named by its ARN is
    taken for the account at home. Raises TemplateError, and PolicyError for a request that names nothing.
    """
    place = pseudo or PseudoParameters()
    both = read_both(old, new, old_parameters, new_parameters, pseudo=place)
    account = "" if request.principal is None else _account(request.principal.value)
    if account and place.account_id is None and _holder_of(both, request) is not None:
        both = read_both(old, new, old_parameters, new_parameters, pseudo=replace(place, account_id=account))
    asked = _in_words(both, request)
    return Explanation(asked.request, *(_Explainer(both, asked, new=is_new).answer() for is_new in (False, True)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request in shared words; `holder` is the subject that asks, empty when it is not of the templates."""

    request: Request
    holder: str


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[4].isdigit() else ""


def _holder_of(both: Both, request: Request) -> str | None:
    for side in reversed(both.sides):
        found = None if request.principal is None else holder_named(side, request.principal.value)
        if found is not None:
            return subject_of(side, found)
    return None


def _in_words(both: Both, request: Request) -> _Asked:
    resources = (resource_named(side, request.resource) for side in reversed(both.sides))
    resource = next((found for found in resources if found is not None), None)
    if resource is None:
        message = f'"{request.resource}" is neither an ARN nor a resource of the templates.'
        remedy = "Write an ARN, a logical id, or a logical id and what follows its ARN, for example Orders/key."
        raise PolicyError.at("request resource", "request-resource", message, remedy)
    named = sorted({name for side in both.sides for name in holders(side)})
    remedy = f"Name a role or user of the templates ({', '.join(named) or 'there is none'}), or an ARN, or a service."
    if request.principal is None:
        raise PolicyError.at("request principal", "request-principal", "It is not said who asks.", remedy)
    who = request.principal
    for side in reversed(both.sides):
        holder = holder_named(side, who.value) if who.type_name == "AWS" else None
        if holder is not None:
            arn = str(side.arn(holder))
            session = who.session or (who.value.rpartition("/")[2] if ":assumed-role/" in who.value else "")
            principal = Principal("AWS", arn, session, str(side.here["AWS::AccountId"]))
            found = Request(request.action, resource, principal, request.context)
            return _Asked(found, subject_of(side, holder))
    if who.type_name == "AWS" and not who.value.startswith("arn:") and not who.value.isdigit() and who.value != "*":
        message = f'"{who.value}" is no role or user of the templates.'
        raise PolicyError.at("request principal", "request-principal", message, remedy)
    return _Asked(replace(request, resource=resource), "")


def _told(asked: _Asked) -> Request:
    """The request with the keys that AWS fills in for every user and role."""
    who, known = asked.request.principal, {key.lower() for key in asked.request.context}
    if not asked.holder or who is None:
        return asked.request
    given = {"aws:PrincipalArn": who.value, "aws:PrincipalAccount": who.account}
    missing = {key: value for key, value in given.items() if key.lower() not in known}
    return replace(asked.request, context={**asked.request.context, **missing})


class _Explainer:
    """One side: gathers the policies that count and has them decide under every assumption about open conditions."""

    def __init__(self, both: Both, asked: _Asked, *, new: bool) -> None:
        self._both, self._asked, self._new = both, asked, new
        self._side = both.sides[new]

    def answer(self) -> Answer:
        """The answer; where it hangs on open conditions it is not known, and these are told."""
        holder = self._asked.holder
        if holder and holder not in self._both.grants[self._new].subjects:
            return Answer(Outcome.DENIED, f"Denied: there is no {holder} on this side.")
        holdings = list(self._holdings())
        conditions = sorted({name for _, _, holding in holdings for name in holding.conditions()})
        worlds = self._both.grants[self._new].circumstances.worlds(conditions)
        if worlds is None:
            return _not_known(f"more open conditions than are tried: {', '.join(conditions)}")
        answers: list[tuple[Mapping[str, bool], Answer]] = []
        for world in worlds:
            try:
                layers = [layer for entry in holdings for layer in _layers(*entry, entry[2].in_world(world))]
            except PolicyError as error:
                return _not_known(str(error.reason))
            answers.append((world, decide(_told(self._asked), layers, self._standing(layers))))
        outcomes = {answer.outcome for _, answer in answers}
        if len(outcomes) == 1:
            return answers[0][1]
        told = [f"{answer.outcome} when {_shown(world)}: {answer.sentence}" for world, answer in answers]
        return _not_known(*told, remedy="Give the parameters that decide the conditions.")

    def _holdings(self) -> Iterator[tuple[str, Truth, Holding]]:
        """What is said of who asks and of what is asked for, with whether it stands at that resource."""
        policies, request = self._both.policies, self._asked.request
        if self._asked.holder:
            yield self._asked.holder, Truth.TRUE, policies.holding(self._asked.holder, Kind.IDENTITY, new=self._new)
        kind = Kind.TRUST if _assumes(request) else Kind.RESOURCE
        documents = self._both.grants[self._new].documents
        for subject in dict.fromkeys(item.subject for item in documents if item.kind is kind):
            applies = stands_at(self._side, subject, request.resource)
            if applies is not Truth.FALSE:
                yield subject, applies, policies.holding(subject, kind, new=self._new)

    def _standing(self, layers: list[Layer]) -> Standing:
        who, request = self._asked.request.principal, self._asked.request
        is_principal = who is not None and who.type_name == "AWS" and who.value != "*"
        home = str(self._side.here["AWS::AccountId"])
        account = "" if who is None else who.account or _account(who.value) or who.value
        at_home = Truth.TRUE if self._asked.holder or account == home else Truth.FALSE
        if at_home is Truth.FALSE and is_principal and not home.isdigit():
            at_home = Truth.UNKNOWN
        elsewhere = _account(request.resource)
        if self._asked.holder and elsewhere and home.isdigit() and elsewhere != home:
            at_home = Truth.UNKNOWN
        return Standing(
            at_home=at_home,
            is_principal=is_principal,
            identity_known=bool(self._asked.holder) or not is_principal,
            needs_resource=_assumes(request) or request.action.lower().startswith("kms:"),
            resource_known=any(layer.kind.names_principals for layer in layers),
        )


def _layers(subject: str, applies: Truth, holding: Holding, held: Held) -> Iterator[Layer]:
    kinds = {item.kind for item in holding.documents}
    kind = next((item for item in (Kind.TRUST, Kind.RESOURCE) if item in kinds), Kind.IDENTITY)
    names = {Kind.TRUST: "trust policy", Kind.RESOURCE: "policy"}
    name = f"the {names.get(kind, 'policies')} of {subject}"
    yield Layer(name, kind, held.policies, tuple(sorted(held.opaque)), applies)
    if held.limits or held.opaque_limits:
        boundary = f"the permissions boundary of {subject}"
        yield Layer(boundary, kind, held.limits, tuple(sorted(held.opaque_limits)), applies, limits=True)


def _assumes(request: Request) -> bool:
    return request.action.lower().startswith(_ASSUMING)


def _shown(world: Mapping[str, bool]) -> str:
    return " and ".join(f"{name} is {'true' if truth else 'false'}" for name, truth in world.items())


def _not_known(*hangs: str, remedy: str = "") -> Answer:
    notes = (remedy,) if remedy else ()
    return Answer(Outcome.UNKNOWN, "Not known before deployment.", unknown=hangs, notes=notes)
