"""Settings from the environment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from builder import settings
from builder.errors import InputError
from builder.settings import MIRROR, SNAPSHOT, read, variable


def test_without_variables_everything_has_a_place(tmp_path: Path) -> None:
    found = read(tmp_path, {"HOME": "/home/someone"})
    assert found.cache == Path("/home/someone/.cache/catalog")
    assert found.store == tmp_path / ".catalog/store"
    assert found.jobs >= 1
    assert found.ca_bundle is None
    assert found.mirror("debian") is None
    assert read(tmp_path, {"XDG_CACHE_HOME": "/var/cache"}).cache == Path("/var/cache/catalog")


def test_an_empty_home_is_no_place_for_a_cache(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="HOME: is empty"):
        read(tmp_path, {"HOME": ""})
    assert read(tmp_path, {"HOME": "", "CATALOG_CACHE": "/cache"}).cache == Path("/cache")


def test_a_mirror_is_found_by_its_origin(tmp_path: Path) -> None:
    environment = {
        "CATALOG_MIRROR_DEBIAN_SECURITY": "https://mirror.example/security/",
        "CATALOG_SNAPSHOT_DEBIAN": "file:///snapshots",
    }
    found = read(tmp_path, environment)
    assert found.mirror("debian-security") == "https://mirror.example/security"
    assert found.mirror("debian") is None
    assert found.snapshot("debian") == "file:///snapshots"
    assert variable(MIRROR, "debian-security") in environment
    assert variable(SNAPSHOT, "debian") in environment


def test_a_key_is_a_file_a_service_or_an_identity(tmp_path: Path) -> None:
    (tmp_path / "cosign.key").touch()
    for value in ("", "keyless", "awskms:///alias/releases", str(tmp_path / "cosign.key")):
        assert read(tmp_path, {"HOME": "/", "CATALOG_SIGN_KEY": value}).sign_key == value
    with pytest.raises(InputError, match=r"CATALOG_SIGN_KEY: .*/none\.key is not a file"):
        read(tmp_path, {"HOME": "/", "CATALOG_SIGN_KEY": str(tmp_path / "none.key")})


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    environment = {
        "CATALOG_JOBS": "0",
        "CATALOG_MIRROR_NPM": "registry.example",
        "CATALOG_CA_BUNDLE": str(tmp_path / "none.pem"),
        "CATALOG_REGISTRY_TRUST": "everybody",
    }
    with pytest.raises(InputError) as caught:
        read(tmp_path, environment)
    assert {problem.file for problem in caught.value.problems} == set(environment)
    assert "'registry.example' is not a URL" in str(caught.value)
    assert "'everybody' is not one of recorded, all" in str(caught.value)


def test_only_what_is_recorded_is_trusted_unless_a_setting_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, {}).registry_trust == "recorded"
    assert read(tmp_path, {"CATALOG_REGISTRY_TRUST": "all"}).registry_trust == "all"


def test_further_authorities_are_taken_from_where_other_clients_take_them(tmp_path: Path) -> None:
    bundle, own = tmp_path / "bundle.pem", tmp_path / "own.pem"
    bundle.touch()
    own.touch()
    assert read(tmp_path, {"REQUESTS_CA_BUNDLE": str(bundle)}).ca_bundle == bundle
    assert (
        read(tmp_path, {"SSL_CERT_FILE": str(bundle), "CATALOG_CA_BUNDLE": str(own)}).ca_bundle
        == own
    )
    assert read(tmp_path, {"SSL_CERT_FILE": str(tmp_path / "none")}).ca_bundle is None, (
        "others' settings are others' to complain of"
    )


def test_every_variable_is_described() -> None:
    described = settings.__doc__ or ""
    for name in (
        "CACHE",
        "STORE",
        "JOBS",
        "REGISTRY_STORE",
        "REGISTRY_TRUST",
        "CA_BUNDLE",
        "DEBIAN_KEYRING",
        "MIRROR_DEBIAN",
        "MIRROR_PYPI",
        "MIRROR_NPM",
        "SNAPSHOT_DEBIAN",
    ):
        assert f"CATALOG_{name} " in described


def test_a_bundle_whose_name_no_file_system_takes(tmp_path: Path) -> None:
    name = "x" * 300
    assert read(tmp_path, {"HOME": "/", "SSL_CERT_FILE": name}).ca_bundle is None
    with pytest.raises(InputError, match="is not a file"):
        read(tmp_path, {"HOME": "/", "CATALOG_CA_BUNDLE": name})


def test_today_is_a_setting() -> None:
    assert settings.today({"CATALOG_TODAY": "2026-11-27"}) == date(2026, 11, 27)
    assert settings.today({}) >= date(2026, 1, 1)
    assert settings.today({"CATALOG_TODAY": ""}) >= date(2026, 1, 1)


@pytest.mark.parametrize("wrong", ["tomorrow", "2026-02-30", "27.11.2026"])
def test_a_day_that_is_none_is_told(wrong: str) -> None:
    with pytest.raises(InputError, match=r"CATALOG_TODAY: .* is not a day, such as 2026-11-27"):
        settings.today({"CATALOG_TODAY": wrong})
