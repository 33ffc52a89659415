"""What becomes of an uploaded object: verified as it stands in the store, and its assets kept where templates look."""

from collections.abc import Sequence

from towpath.release.ports import ArtifactGone, ArtifactStore
from towpath.release.unpack.content import read_entry
from towpath.release.verification import Verification, verify_artifact
from towpath.verdict import Verdict


def take_in(
    store: ArtifactStore, key: str, version_id: str | None, environments: Sequence[str] | None = None
) -> Verification:
    """Verify one object version and, if it is sound, keep its assets. Doing it again changes nothing.

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
            for asset in found.assets:
                entry = found.assets[asset]
                store.keep_asset(asset, entry.size, read_entry(stream, entry))
    except ArtifactGone as gone:
        return Verification(Verdict.refused(gone.reason))
    return found
