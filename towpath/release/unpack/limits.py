"""How large an artifact may be before it is refused unread.

Far above what real releases need (Lambda takes 250 MB of code unpacked, CloudFormation 1 MB of template and 500
resources), and far below what could exhaust the machine that verifies it.
"""

from dataclasses import dataclass

from towpath.release import zip_format as zf


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes. A zip of 4 GiB or more needs the 64-bit extension, which no artifact uses.

    `ratio` is how many bytes one compressed byte may become, judged for entries above `ratio_from`.
    """

    artifact: int = zf.MAXIMUM_SIZE
    entries: int = 10_000
    unpacked: int = zf.MAXIMUM_SIZE
    directory: int = 4 << 20
    name: int = 1024
    ratio: int = 200
    ratio_from: int = 1 << 20
    manifest: int = 1 << 20
    template: int = 1_000_000


DEFAULT_LIMITS = Limits()
