"""The values that a release deploys with, and the way back."""

from towpath.review.deployment import is_masked, parameter_values, rollback_deployment
from towpath.review.ports import Deployment
from towpath.review.snapshot import AliasBefore, Snapshot

DECLARED = ["Level", "Size", "Unset", "TowpathAssetBucket", "TowpathAssetPrefix", "TowpathApiLiveVersion"]


def values(environment: str) -> dict[str, str]:
    return parameter_values(
        DECLARED,
        {"*": {"Level": "INFO", "Size": "1"}, "production": {"Level": "WARN"}},
        environment,
        asset_bucket="assets-bucket",
        live_versions={"TowpathApiLiveVersion": "7"},
    )


def test_the_environments_own_value_comes_first() -> None:
    assert values("staging")["Level"] == "INFO"
    assert values("production")["Level"] == "WARN"


def test_what_nothing_sets_is_left_to_the_default() -> None:
    assert "Unset" not in values("staging")


def test_the_assets_and_the_live_version_are_put_in() -> None:
    found = values("staging")
    assert found["TowpathAssetBucket"] == "assets-bucket"
    assert found["TowpathAssetPrefix"] == "assets/"
    assert found["TowpathApiLiveVersion"] == "7"


def test_a_parameter_that_the_template_does_not_declare_is_not_passed() -> None:
    found = parameter_values([], {"*": {"Level": "INFO"}}, "x", asset_bucket="b", live_versions={})
    assert found == {}


LIVE = {"A": "1", "Secret": "****", "Other": "****"}


def test_the_way_back_takes_hidden_values_from_the_release_and_the_others_from_the_template() -> None:
    found = rollback_deployment("orders", "documents/template/1", LIVE, {"Secret": "s"}, capabilities=(), tags={})
    # Kept, `Other` would have what the release that is rolled back set it to.
    assert found.parameters == {"A": "1", "Secret": "s"}


def test_the_way_back_to_what_no_release_made_keeps_hidden_values() -> None:
    found = rollback_deployment("orders", "documents/template/1", LIVE, None, capabilities=(), tags={})
    assert found.parameters == {"A": "1", "Secret": None, "Other": None}


def test_a_snapshot_survives_being_stored() -> None:
    deployment = Deployment("orders", "documents/template/1", {"A": "1", "B": None}, ("CAPABILITY_IAM",), {"t": "x"})
    snapshot = Snapshot(deployment, {"Api": AliasBefore("orders-api", "live", "3")})
    assert Snapshot.read(snapshot.write()) == snapshot
    assert Snapshot.read(Snapshot().write()) == Snapshot()


def test_one_asterisk_is_a_value_and_a_row_of_them_hides_one() -> None:
    assert [is_masked(value) for value in ("*", "", "****", "*****", "****a")] == [False, False, True, True, False]
