"""`catalog fetch` on good days and bad: files that are cut, changed, gone or out of reach."""

from __future__ import annotations

import resource
import ssl
from pathlib import Path

import pytest

from builder.events import Event, Progress
from builder.fetch.context import context
from builder.fetch.fetch import fetch
from builder.fetch.transfer import place as place_of
from builder.tools import process
from builder.tools.apt import Apt, Source
from tests.integration.conftest import Place
from tests.integration.registries import deb, withdraw_wheel
from tests.integration.site import serving

pytestmark = pytest.mark.registries
TOOL = "/debian/pool/main/t/tool/tool_1.5_amd64.deb"


def cached(place: Place) -> set[Path]:
    return {path for path in (place.settings.cache / "artifacts").rglob("*") if path.is_file()}


def test_every_file_is_fetched_once(locked: Place) -> None:
    assert "12 files fetched (0.0 MB), 0 already there" in locked.done("fetch")
    assert cached(locked) == {
        place_of(artifact, locked.settings.cache) for artifact in locked.lock.artifacts.values()
    }
    locked.site.asked.clear()
    assert "0 files fetched (0.0 MB), 12 already there" in locked.done("fetch")
    assert locked.site.asked == [], "what is here is asked for nowhere"


def test_a_pattern_fetches_what_it_names(locked: Place) -> None:
    said = locked.json("fetch", "base@*")
    assert (
        said == {"fetched": 5, "bytes": said["bytes"], "kept": 0}
        if isinstance(said, dict)
        else False
    )


@pytest.mark.parametrize("damage", [b"", b"!<arch>\nsomething else"], ids=["truncated", "tampered"])
def test_what_is_damaged_in_the_cache_is_named_and_fetched_again(
    locked: Place, damage: bytes
) -> None:
    locked.done("fetch")
    path = place_of(locked.lock.artifacts["deb:tool=2:1.5:amd64"], locked.settings.cache)
    path.chmod(0o644)
    path.write_bytes(damage)
    said = locked.done("fetch")
    assert "tool 2:1.5 is damaged in the cache, and is fetched again" in said
    assert path.read_bytes() == locked.site.files[TOOL]


def test_a_file_that_is_not_the_locked_one_is_refused_and_the_others_are_kept(
    locked: Place,
) -> None:
    locked.site.files[TOOL] = b"!<arch>\nfrom someone else"
    code, said = locked.run("fetch")
    assert code == 1
    assert f"tool 2:1.5 from {locked.site.url}{TOOL} is not the locked file: its sha256 is" in said
    assert len(cached(locked)) == 11, "nothing of the wrong file is left, and all others are here"


def test_a_connection_that_breaks_is_tried_again(locked: Place) -> None:
    locked.site.cut[TOOL] = 100
    locked.site.answers["/debian/pool/main/e/editor/editor_1_amd64.deb"] = [503, 500]
    assert "12 files fetched" in locked.done("fetch")


def test_what_the_archive_dropped_is_named_with_what_to_do(locked: Place) -> None:
    locked.archive.publish([deb("apt"), deb("tool", "3")], keep=False)
    code, said = locked.run("fetch", "base@*")
    assert code == 1
    assert "tool 2:1.5 is no longer at debian" in said
    assert (
        "set CATALOG_SNAPSHOT_DEBIAN to an archive of former states, or run `catalog lock --upgrade"
        in said
    )


def test_what_the_archive_dropped_comes_from_a_snapshot(
    locked: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = {
        path: data for path, data in locked.site.files.items() if path.startswith("/debian/pool/")
    }
    locked.archive.publish([deb("tool", "3")], keep=False)
    locked.site.files |= {
        f"/snapshot/archive/debian/20260103T120000Z/{path.removeprefix('/debian/')}": data
        for path, data in former.items()
    }
    monkeypatch.setenv("CATALOG_SNAPSHOT_DEBIAN", f"{locked.site.url}/snapshot")
    assert "12 files fetched" in locked.done("fetch")


def test_what_the_archive_dropped_is_still_in_the_cache(locked: Place) -> None:
    locked.done("fetch")
    locked.site.files.clear()
    assert "12 already there" in locked.done("fetch")


def test_a_wheel_that_was_withdrawn_is_named_and_the_others_are_fetched(locked: Place) -> None:
    withdraw_wheel(locked.site, "helper", "helper-1.1-py3-none-any.whl")
    code, said = locked.run("fetch")
    assert code == 1
    assert "helper 1.1 is no longer at pypi" in said
    assert "`catalog lock --upgrade helper`" in said
    assert len(cached(locked)) == 11


@pytest.mark.parametrize("name", ["CATALOG_MIRROR_DEBIAN", "CATALOG_MIRROR_PYPI"])
def test_an_unreachable_host_is_named_with_the_setting(
    locked: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1/nowhere")
    code, said = locked.run("fetch")
    assert code == 1
    assert "127.0.0.1" in said
    assert name in said
    assert not [path for path in cached(locked) if path.suffix == ".part"]


def test_a_host_that_cannot_be_reached_is_not_asked_for_every_file(
    locked: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_MIRROR_DEBIAN", "http://127.0.0.1:1/nowhere")
    monkeypatch.setattr("builder.fetch.fetch.connections", lambda _: 1)
    code, said = locked.run("fetch", "base@*")
    assert code == 1
    assert said.count("127.0.0.1 does not answer") == 1
    assert "more files there were not asked for" in said


def test_a_proxy_is_used(locked: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_MIRROR_DEBIAN", "http://mirror.invalid/debian")
    monkeypatch.setenv("http_proxy", locked.site.url)
    locked.site.files |= {
        f"http://mirror.invalid{path}": data for path, data in locked.site.files.items()
    }
    locked.done("fetch", "base@*")
    assert f"http://mirror.invalid{TOOL}" in locked.site.asked


def test_a_mirror_behind_a_private_authority_is_trusted_when_told(
    locked: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=private",
    ]
    process.run(
        [*request, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with serving(tls) as private:
        private.files = locked.site.files
        monkeypatch.setenv("CATALOG_MIRROR_DEBIAN", f"{private.url}/debian")
        code, said = locked.run("fetch", "base@*")
        assert code == 1
        assert "CATALOG_CA_BUNDLE" in said
        monkeypatch.setenv("CATALOG_CA_BUNDLE", str(certificate))
        locked.done("fetch", "base@*")
        locked.done("lock", "--upgrade", "tool")


def test_an_index_behind_a_password_is_asked_with_it_and_shows_it_to_nobody(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as private:
        private.files, private.password = place.site.files, "someone:hush"
        monkeypatch.setenv(
            "CATALOG_MIRROR_PYPI", private.url.replace("://", "://someone:hush@") + "/simple"
        )
        said = place.done("lock") + place.done("fetch")
        withdraw_wheel(place.site, "helper", "helper-1.1-py3-none-any.whl")
        place.layer("left", "description: left\non: [snake]\npython: [none-such]\n")
        for command in ("lock", "fetch"):
            said += place.run(command)[1]
        said += str(place.lock_files)
    assert "hush" not in said


def test_a_context_holds_what_the_build_needs(locked: Place, tmp_path: Path) -> None:
    locked.done("fetch")
    directory = tmp_path / "context"
    directory.mkdir()
    context(locked.cell("left"), locked.lock, locked.settings.cache, directory)
    found = {
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    }
    assert found == {
        "deb/editor_1_amd64.deb",
        "deb/libshared_3_amd64.deb",
        "python/helper-1.1-py3-none-any.whl",
        "python/left_app-1.0-py3-none-any.whl",
        "requirements.txt",
    }
    assert (directory / "deb/editor_1_amd64.deb").stat().st_nlink > 1, (
        "files are linked, not copied"
    )


def test_a_bootstrap_context_is_an_apt_repository(locked: Place, tmp_path: Path) -> None:
    locked.done("fetch")
    directory = tmp_path / "context"
    directory.mkdir()
    context(locked.cell("system"), locked.lock, locked.settings.cache, directory)
    apt = Apt(root=tmp_path / "apt", arch="amd64")
    source = Source(uri=f"file:{directory}", suites=("./",), components=())
    apt.prepare([source])
    apt.update()
    said = apt.simulate(["dpkg", "apt"], apt.root / "status")
    assert "Inst dpkg (1 " in said
    assert "Inst libone (1 " in said
    process.run(
        [
            "apt-get",
            "--yes",
            "--download-only",
            "-o",
            "Debug::NoLocking=true",
            "install",
            "dpkg",
            "apt",
        ],
        env=apt.environment,
    )


def test_a_full_disk_is_told_and_leaves_no_half_file(locked: Place) -> None:
    (wheel,) = [path for path in locked.site.files if path.endswith("helper-1.1-py3-none-any.whl")]
    locked.site.files[wheel] = b"x" * 100_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        code, said = locked.run("fetch")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 1
    assert "cannot be written" in said
    assert "CATALOG_CACHE" in said
    assert len(cached(locked)) == 11, "all others are here, and nothing of the one that did not fit"


def test_no_byte_beyond_the_locked_size_is_written(locked: Place) -> None:
    locked.site.files[TOOL] += b"x" * 50_000_000
    code, said = locked.run("fetch")
    assert code == 1
    assert f"tool 2:1.5 from {locked.site.url}{TOOL} is said to have 50" in said
    assert len(cached(locked)) == 11


def test_an_interrupt_stops_and_leaves_no_half_file(locked: Place) -> None:
    def interrupted(event: Event) -> None:
        if isinstance(event, Progress):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(locked.lock, [locked.cell("base")], locked.settings, interrupted)
    assert not cached(locked)
    assert "12 files fetched" in locked.done("fetch"), "the next one does it all"
