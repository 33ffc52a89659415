"""Whether an artifact is a release: decided by reading its bytes once, from whatever stream they come.

The directory at the end of the zip is read first; then every byte passes by in order, and is hashed for the artifact's
digest and for the digest of the file that it belongs to. Only the manifest and the template are kept in memory.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from towpath.release.manifest import MANIFEST_PATH, Manifest, parse_manifest
from towpath.release.schema_check import show
from towpath.release.template_check import check_template, read_template
from towpath.release.unpack.content import scan
from towpath.release.unpack.directory import Directory, Entry, read_directory
from towpath.release.unpack.limits import DEFAULT_LIMITS, Limits
from towpath.release.unpack.refusal import PACK_AGAIN, UPLOAD_AGAIN, UnsafeArchiveError
from towpath.template.loading import Template
from towpath.verdict import Reason, Verdict

_KEY: Final = re.compile(r"releases/([^/]+)/([^/]+)\.zip")
_TEMPLATES: Final = ("template.json", "template.yaml")
_ATTESTATION: Final = re.compile(r"attestations/[A-Za-z0-9._-]+\.intoto\.jsonl")


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on an artifact and what is known of it.

    `digest` is the SHA-256 of all bytes in hex, empty when the zip was refused before its last byte; `size` is in
    bytes. `manifest`, `template`, `assets` (entries by SHA-256) and `template_entry` are there when the verdict is
    passed.
    """

    verdict: Verdict
    digest: str = ""
    size: int = 0
    manifest: Manifest | None = None
    template: Template | None = None
    assets: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    template_entry: Entry | None = None


@dataclass(slots=True)
class _Contents:
    """What one pass over the bytes found: the whole's digest, each file's digest, and the documents themselves."""

    whole: str
    digests: dict[str, str]
    documents: dict[str, bytes]


def verify_artifact(
    stream: BinaryIO,
    *,
    expected_digest: str | None = None,
    key: str | None = None,
    environments: Sequence[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Callable[[int], None] | None = None,
) -> Verification:
    """Verify the artifact in a seekable stream.

    `expected_digest` is what the uploader declared, `key` where it was uploaded, `environments` those that it will be
    promoted through (default: those that the manifest names). `progress` hears the number of bytes read each time.
    Raises whatever the stream raises; whatever is wrong with the artifact is in the verdict.
    """
    try:
        directory = read_directory(stream, limits)
        too_large = tuple(_too_large(directory, limits))
        if too_large:
            return Verification(Verdict.refused(*too_large), size=directory.archive_size)
        contents = _read(stream, directory, progress)
    except UnsafeArchiveError as error:
        return Verification(Verdict.refused(error.reason))
    size = directory.archive_size
    wrong = tuple(_check_digest(contents.whole, expected_digest))
    parsed = _manifest(contents.documents, directory)
    if isinstance(parsed, Verdict):
        return Verification(Verdict.refused(*wrong, *parsed.reasons), contents.whole, size)
    wrong += (*_check_key(parsed, key), *_check_files(parsed, directory, contents.digests))
    template = _template(contents.documents, parsed)
    if isinstance(template, Template):
        wrong += check_template(template, parsed, environments)
    else:
        wrong += template.reasons if template else ()
    if wrong or not isinstance(template, Template):
        return Verification(Verdict.refused(*wrong), contents.whole, size)
    entries = {entry.name: entry for entry in directory.entries}
    assets = {asset.sha256: entries[asset.path] for asset in parsed.assets}
    place = entries[parsed.template.path]
    return Verification(Verdict.passed(), contents.whole, size, parsed, template, assets, place)


def _too_large(directory: Directory, limits: Limits) -> Iterator[Reason]:
    for entry in directory.entries:
        if entry.name == MANIFEST_PATH and entry.size > limits.manifest:
            message = f"The manifest has {entry.size:,} bytes; at most {limits.manifest:,} are read."
            yield Reason("manifest-too-large", message, MANIFEST_PATH, PACK_AGAIN)
        if entry.name in _TEMPLATES and entry.size > limits.template:
            message = f"The template has {entry.size:,} bytes; CloudFormation takes at most {limits.template:,}."
            yield Reason("template-too-large", message, entry.name, "Split it into nested stacks.")


def _read(stream: BinaryIO, directory: Directory, progress: Callable[[int], None] | None) -> _Contents:
    whole = hashlib.sha256()

    def observe(chunk: bytes) -> None:
        whole.update(chunk)
        if progress:
            progress(len(chunk))

    hashes = {entry.name: hashlib.sha256() for entry in directory.entries if not entry.is_folder}
    kept: dict[str, list[bytes]] = {name: [] for name in (MANIFEST_PATH, *_TEMPLATES) if name in hashes}
    for entry, chunk in scan(stream, directory, observe):
        if not entry.is_folder:
            hashes[entry.name].update(chunk)
        if entry.name in kept:
            kept[entry.name].append(chunk)
    digests = {name: found.hexdigest() for name, found in hashes.items()}
    return _Contents(whole.hexdigest(), digests, {name: b"".join(chunks) for name, chunks in kept.items()})


def _check_digest(found: str, expected: str | None) -> Iterator[Reason]:
    if expected is not None and found != expected.lower():
        message = f"The artifact's SHA-256 is {found}; declared was {show(expected)}."
        yield Reason("digest-mismatch", message, remedy=UPLOAD_AGAIN)


def _manifest(documents: Mapping[str, bytes], directory: Directory) -> Manifest | Verdict:
    if MANIFEST_PATH in documents:
        return parse_manifest(documents[MANIFEST_PATH])
    inner = [entry.name for entry in directory.entries if entry.name.endswith(f"/{MANIFEST_PATH}")]
    remedy = f"It is at {show(inner[0])}: zip the folder's content, not the folder." if inner else PACK_AGAIN
    return Verdict.refused(Reason("manifest-missing", f"The artifact has no {MANIFEST_PATH}.", MANIFEST_PATH, remedy))


def _template(documents: Mapping[str, bytes], manifest: Manifest) -> Template | Verdict | None:
    """The template, or why it is none, or None when the artifact lacks it, which is said elsewhere."""
    content = documents.get(manifest.template.path)
    return None if content is None else read_template(content, manifest.template.path)


def _check_key(manifest: Manifest, key: str | None) -> Iterator[Reason]:
    if key is None or key == manifest.key:
        return
    parts = _KEY.fullmatch(key)
    remedy = f"Upload it as {manifest.key}, or pack it as what its key says."
    if parts is None:
        message = "A release is uploaded as releases/<service>/<version>.zip."
        yield Reason("key-misplaced", message, show(key), f"Upload it as {manifest.key}.")
        return
    service, version = parts.groups()
    if service != manifest.service:
        message = f"The manifest is of the service {manifest.service}, the key says {show(service)}."
        yield Reason("key-service-mismatch", message, show(key), remedy)
    if version != manifest.version:
        message = f"The manifest is of version {manifest.version}, the key says {show(version)}."
        yield Reason("key-version-mismatch", message, show(key), remedy)


def _check_files(manifest: Manifest, directory: Directory, digests: Mapping[str, str]) -> Iterator[Reason]:
    """Every file that the manifest lists is there with its size and digest, and no other."""
    sizes = {entry.name: entry.size for entry in directory.entries if not entry.is_folder}
    listed = {file.path: file for file in manifest.files()}
    for path, file in listed.items():
        kind = _kind(path)
        if path not in sizes:
            message = f"The manifest lists a file that the artifact does not hold: {show(path)}."
            yield Reason(f"{kind}-missing", message, show(path), PACK_AGAIN)
        elif sizes[path] != file.size:
            message = f"The file has {sizes[path]:,} bytes; the manifest says {file.size:,}."
            yield Reason(f"{kind}-wrong-size", message, show(path), PACK_AGAIN)
        elif digests[path] != file.sha256:
            message = f"The file's SHA-256 is {digests[path]}; the manifest says {file.sha256}."
            yield Reason(f"{kind}-wrong-digest", message, show(path), PACK_AGAIN)
    for path in sizes:
        if path not in listed and path != MANIFEST_PATH and not _ATTESTATION.fullmatch(path):
            message = "The artifact holds a file that the manifest does not list."
            yield Reason(f"{_kind(path)}-extra", message, show(path), PACK_AGAIN)


def _kind(path: str) -> str:
    if path in _TEMPLATES:
        return "template"
    return {"assets": "asset", "contracts": "contract"}.get(path.partition("/")[0], "file")
