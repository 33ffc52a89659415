"""What a template or policy grants, and what the new one allows that the old one did not. A library of its own.

`compare_documents(old, new, kind)` answers with NO_EXPANSION (a proof), EXPANSION (with a checked witness) or UNKNOWN
(with the reason); `compare_templates(old, new)` answers the same for all that two templates grant;
`explain(request, documents)` says why one request is allowed or denied.
"""

from towpath.privilege.compare import compare_access, compare_documents
from towpath.privilege.compare_templates import compare_templates, told_differences
from towpath.privilege.comparison import Answer, Comparison, Finding, FindingClass, Severity, together
from towpath.privilege.contexts import Contexts
from towpath.privilege.explain import explain
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.request import Request

__all__ = [
    "Answer",
    "Comparison",
    "Contexts",
    "Finding",
    "FindingClass",
    "PolicyError",
    "Request",
    "Severity",
    "compare_access",
    "compare_documents",
    "compare_templates",
    "explain",
    "together",
    "told_differences",
]
