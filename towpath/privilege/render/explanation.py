"""An explanation as plain text for a terminal: per side the outcome, what decides, what came near and why it missed."""

from collections.abc import Iterator

from towpath.privilege.explaining.answer import Answer
from towpath.privilege.request import Request


def explanation_text(request: Request, before: Answer, after: Answer, *, names: tuple[str, str], odd: str = "") -> str:
    """The explanation as lines, with a newline at the end. `odd` says what is odd about the request."""
    lines = [f"request  {request}", *([f"note     {odd}"] if odd else [])]
    for label, name, answer in (("old", names[0], before), ("new", names[1], after)):
        lines += ["", *_side(f"{label} ({name})", answer)]
    return "\n".join(lines) + "\n"


def _side(title: str, answer: Answer) -> Iterator[str]:
    yield f"{title}: {answer.outcome}"
    yield f"  {answer.sentence}"
    for text in answer.unknown:
        yield f"  unknown  {text}"
    for line in answer.near:
        yield f"  no match {line}"
        yield from (f"           {text}" for text in line.judged.because)
    for note in answer.notes:
        yield f"  note     {note}"
