"""What becomes of an uploaded object: verified as it stands in the store, its assets and its template kept.

Both are kept by their SHA-256, where the template looks for its assets and CloudFormation for the template.
"""

from collections.abc import Iterator, Sequence

from towpath.release.ports import ArtifactGone, ArtifactStore
from towpath.release.unpack.content import read_entry
from towpath.release.unpack.directory import Entry
from towpath.release.verification import Verification, verify_artifact
from towpath.verdict import Verdict


def take_in(
    store: ArtifactStore, key: str, version_id: str | None, environments: Sequence[str] | None = None
) -> Verification:
    """Verify one object version and, if it is sound, keep what deploying it needs. Doing it again changes nothing.

    Raises the store's Retryable and Terminal errors; an object that is deleted, replaced or unsound is a refusal.
    """
    artifact = store.find(key, version_id)
    if isinstance(artifact, Verdict):
        return Verification(artifact)
    try:
        with store.open(artifact) as stream:
            found = verify_artifact(
                stream, expected_digest=artifact.declared_digest, key=key, environments=environments
            )
            for digest, entry in _kept(found):
                store.keep_asset(digest, entry.size, read_entry(stream, entry))
    except ArtifactGone as gone:
        return Verification(Verdict.refused(gone.reason))
    return found


def _kept(found: Verification) -> Iterator[tuple[str, Entry]]:
    yield from found.assets.items()
    if found.manifest is not None and found.template_entry is not None:
        yield found.manifest.template.sha256, found.template_entry
