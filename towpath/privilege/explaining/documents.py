"""Explains one request by policy documents alone, without a template around them."""

from collections.abc import Sequence

from towpath.privilege.explaining.answer import Answer
from towpath.privilege.explaining.deciding import Layer, Standing, decide
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind, Policy


def explain_documents(request: Request, policies: Sequence[Policy], kind: Kind) -> Answer:
    """The answer of documents of one kind, taken as all that counts.

    Raises PolicyError when the documents name principals and the request does not.
    """
    if kind.names_principals and request.principal is None:
        remedy = 'Add for example "principal": {"AWS": "arn:aws:iam::111122223333:role/worker"}.'
        raise PolicyError.at("request principal", "request-principal", "It is not said who asks.", remedy)
    layer = Layer(f"the {kind.value} policy", kind, tuple(policies))
    return decide(request, [layer], Standing(is_principal=not kind.names_principals))
