"""Why is one request allowed or denied? The point evaluator's answer for documents as they stand."""

from collections.abc import Mapping, Sequence
from typing import Any

from towpath.privilege.evaluator import Decision, evaluate
from towpath.privilege.parse import parse_policy
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind, Policy

Document = str | bytes | Mapping[str, Any] | Policy


def explain(
    request: Request | Mapping[str, Any],
    documents: Document | Sequence[Document],
    kind: str = "identity",
    *,
    boundary: Document | Sequence[Document] | None = None,
) -> Decision:
    """Whether the documents allow the request, in AWS's evaluation order, and which statement decides.

    Raises PolicyError when the request or a document is none.
    """
    asked = request if isinstance(request, Request) else Request.from_json(request)
    sort = Kind(kind)
    limits = None if boundary is None else _read(boundary, sort)
    return evaluate(asked, _read(documents, sort), boundary=limits, kind=sort)


def _read(documents: Document | Sequence[Document], kind: Kind) -> list[Policy]:
    listed = [documents] if isinstance(documents, (str, bytes, Mapping, Policy)) else documents
    return [item if isinstance(item, Policy) else parse_policy(item, kind=kind) for item in listed]
