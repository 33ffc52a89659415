"""`towpath privileges OLD NEW`: does the new policy or template allow a request that the old one did not?

Exit codes: 0 no expansion, 3 expansion, 4 unknown, 2 unusable input. With `--explain`, 0 when the new side allows the
request, 3 when it denies it and 4 when that is not known.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from towpath.cli.command import OK, BadInput, Subparsers, plain, print_json
from towpath.cli.privilege_input import Input, load, read_parameters

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from towpath.privilege.comparison import Comparison
    from towpath.privilege.explaining.answer import Answer
    from towpath.privilege.explaining.templates import Explanation
    from towpath.privilege.request import Request
    from towpath.template.loading import Template

EXPANSION: Final = 3
UNKNOWN: Final = 4

_FORMATS: Final = ("text", "markdown", "json", "sarif")
_KINDS: Final = ("auto", "identity", "resource", "trust", "boundary")
_SUMMARY: Final = "say whether a policy or template allows more than another, with a proof or a concrete request"


def add_parser(subparsers: Subparsers) -> None:
    """Declare `privileges`."""
    description = (
        f"{_SUMMARY[0].upper()}{_SUMMARY[1:]}. Exit codes: 0 no expansion, 3 expansion, 4 unknown, 2 bad input. "
        "With --explain: 0 the new side allows the request, 3 it denies it, 4 unknown, 2 bad input."
    )
    parser = subparsers.add_parser("privileges", help=_SUMMARY, description=description)
    sides = "a policy document, a template, a cloud assembly or a packed release; - for none"
    parser.add_argument("old", metavar="OLD", help=f"what is in force: {sides}")
    parser.add_argument("new", metavar="NEW", help="what is to come: the same")
    parser.add_argument("--stack", metavar="NAME", help="the stack of a cloud assembly")
    parser.add_argument("--environment", metavar="NAME", help="the environment whose parameters a release sets")
    for side in ("old", "new"):
        parser.add_argument(
            f"--{side}-parameters",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"a parameter of the {side} template, or a JSON file with parameters; repeatable",
        )
    parser.add_argument("--format", choices=_FORMATS, default="text", help="how to say it (default: text)")
    parser.add_argument("--kind", choices=_KINDS, default="auto", help="what a policy document is attached to")
    parser.add_argument("--account", help="the 12-digit number of the account at home, to tell others from it")
    parser.add_argument("--region", help="the region that templates are deployed to, where ARNs of a request need it")
    parser.add_argument(
        "--explain",
        metavar="REQUEST",
        help="say why each side allows one request or not: JSON or a file with principal, action, resource, context",
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Compare, report, and turn the verdict into an exit code."""
    from towpath.privilege.policy_error import PolicyError
    from towpath.template.error import TemplateError

    try:
        old, new = (
            load(name, stack=arguments.stack, environment=arguments.environment)
            for name in (arguments.old, arguments.new)
        )
        if arguments.explain is not None:
            return _explain(arguments, old, new)
        comparison = _compared(arguments, old, new)
    except (PolicyError, TemplateError) as error:
        raise BadInput(plain(str(error))) from None
    _print(comparison, arguments.format, arguments.new)
    return {"NO_EXPANSION": OK, "EXPANSION": EXPANSION, "UNKNOWN": UNKNOWN}[comparison.verdict.value]


def _compared(arguments: Namespace, old: Input, new: Input) -> Comparison:
    if old.is_template or new.is_template:
        return _compared_templates(arguments, old, new)
    from towpath.privilege.access import AccessPolicies
    from towpath.privilege.compare import compare_access
    from towpath.privilege.statement import Kind

    kind = Kind(_kind(arguments.kind, old.document, new.document))
    before, after = (AccessPolicies(_policies(side.document, kind)) for side in (old, new))
    return compare_access(before, after, kind, account=arguments.account)


def _compared_templates(arguments: Namespace, old: Input, new: Input) -> Comparison:
    from towpath.privilege.compare_templates import compare_templates

    _same_sort(old, new)
    nested = {**old.nested, **new.nested}
    return compare_templates(old.document, new.document, nested=nested, **_given(arguments, old, new))


def _same_sort(old: Input, new: Input) -> None:
    if any(side.document is not None and not side.is_template for side in (old, new)):
        raise BadInput("A policy document cannot be compared with a template: give two of the same.")


def _given(arguments: Namespace, old: Input, new: Input) -> dict[str, Any]:
    """What is told about the deployment of both sides."""
    from towpath.template.pseudo import PseudoParameters

    return {
        "old_parameters": {**old.parameters, **read_parameters(arguments.old_parameters)},
        "new_parameters": {**new.parameters, **read_parameters(arguments.new_parameters)},
        "pseudo": PseudoParameters(account_id=arguments.account, region=arguments.region),
    }


def _policies(loaded: Template | None, kind: Any) -> tuple[Any, ...]:
    from towpath.privilege.compare import NO_LIMIT
    from towpath.privilege.parse import parse_policy
    from towpath.privilege.statement import Kind

    if loaded is None:
        return (parse_policy(NO_LIMIT, kind=kind, name="no boundary"),) if kind is Kind.BOUNDARY else ()
    return (parse_policy(loaded.document, kind=kind, name=loaded.name, locate=loaded.position),)


def _kind(asked: str, *sides: Template | None) -> str:
    """The kind of documents: asked for, or judged by whether they name principals and resources."""
    if asked != "auto":
        return asked
    statements = [statement for side in sides if side is not None for statement in _statements(side.document)]
    if not any("Principal" in statement or "NotPrincipal" in statement for statement in statements):
        return "identity"
    assumes = all("Resource" not in statement and "sts:" in str(statement.get("Action")) for statement in statements)
    return "trust" if assumes else "resource"


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("Statement", [])
    listed = cast("list[Any]", found) if isinstance(found, list) else [found]
    return [item for item in listed if isinstance(item, dict)]


def _explain(arguments: Namespace, old: Input, new: Input) -> int:
    from towpath.privilege.explaining.answer import Outcome
    from towpath.privilege.explaining.asked import about_action, read_request
    from towpath.privilege.explaining.templates import Explanation

    if arguments.format not in ("text", "json"):
        raise BadInput(f"--explain has the formats text and json, not {arguments.format}.")
    request = read_request(*_request(arguments.explain))
    if old.is_template or new.is_template:
        found = _explained_templates(arguments, request, old, new)
    else:
        found = Explanation(request, *_explained_documents(arguments, request, old, new))
    odd = about_action(request.action)
    if arguments.format == "json":
        sides = {"before": found.before.to_json(), "after": found.after.to_json()}
        print_json({"request": found.request.to_json(), **sides, "notes": [odd] if odd else []})
    else:
        from towpath.privilege.render.explanation import explanation_text

        names = (arguments.old, arguments.new)
        text = explanation_text(found.request, found.before, found.after, names=names, odd=odd)
        sys.stdout.write("".join(f"{plain(line)}\n" for line in text.splitlines()))
    return {Outcome.ALLOWED: OK, Outcome.DENIED: EXPANSION, Outcome.UNKNOWN: UNKNOWN}[found.after.outcome]


def _explained_templates(arguments: Namespace, request: Request, old: Input, new: Input) -> Explanation:
    from towpath.privilege.explaining.templates import explain_templates

    _same_sort(old, new)
    return explain_templates(request, old.document, new.document, **_given(arguments, old, new))


def _explained_documents(arguments: Namespace, request: Request, old: Input, new: Input) -> list[Answer]:
    from towpath.privilege.explaining.documents import explain_documents
    from towpath.privilege.statement import Kind

    kind = Kind(_kind(arguments.kind, old.document, new.document))
    return [explain_documents(request, _policies(side.document, kind), kind) for side in (old, new)]


def _request(text: str) -> tuple[str, str]:
    """The request's text and what errors call it."""
    if text.lstrip().startswith(("{", "[")):
        return text, "request"
    path = Path(text)
    try:
        return path.read_text(encoding="utf-8"), text
    except FileNotFoundError:
        raise BadInput(f"--explain: {text} is neither a JSON object nor a file.") from None
    except UnicodeDecodeError:
        raise BadInput(f"--explain: {text} is no text in UTF-8.") from None


def _print(comparison: Comparison, form: str, document: str) -> None:
    if form == "json":
        print_json(comparison.to_json())
    elif form == "sarif":
        from towpath.privilege.render.sarif import to_sarif

        print_json(to_sarif(comparison, document=document))
    elif form == "markdown":
        from towpath.privilege.render.markdown import to_markdown

        sys.stdout.write(to_markdown(comparison))
    else:
        from towpath.privilege.render.text import to_text

        sys.stdout.write("".join(f"{plain(line)}\n" for line in to_text(comparison).splitlines()))
