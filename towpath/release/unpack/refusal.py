"""How a zip is refused: one terminal error that carries the reason, which the callers turn into a verdict."""

from typing import Final, NoReturn

from towpath.verdict import Reason

PACK_AGAIN: Final = "Make the artifact with `towpath pack` and upload that file unchanged."
UPLOAD_AGAIN: Final = "The upload or the file is damaged: pack again, check with `towpath verify`, and upload again."


class UnsafeArchiveError(Exception):
    """A zip that is broken, or that two readers could understand differently. Terminal: it will not get better."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def refuse(code: str, message: str, where: str = "", remedy: str = PACK_AGAIN) -> NoReturn:
    """Raises UnsafeArchiveError with this reason; every code of this folder begins with `archive-`."""
    raise UnsafeArchiveError(Reason(f"archive-{code}", message, where, remedy))
