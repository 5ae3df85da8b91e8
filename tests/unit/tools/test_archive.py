"""What is read from Debian packages, which are distrusted."""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from builder.errors import IntegrityError
from builder.tools.archive import control, scripts

CONF = "usr/lib/sysusers.d/a.conf"


def tar(**files: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def ar(path: Path, **members: bytes) -> Path:
    data = b"!<arch>\n"
    for name, content in members.items():
        data += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        data += content + b"\n" * (len(content) % 2)
    path.write_bytes(data)
    return path


def plain(data: bytes) -> bytes:
    return data


@pytest.mark.parametrize(
    ("ending", "pack"),
    [("", plain), (".xz", lzma.compress), (".zst", zstandard.ZstdCompressor().compress)],
)
def test_scripts_are_read_however_they_are_packed(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    head = tar(control="Package: a\n", postinst="adduser", prerm="no", md5sums=f"0  {CONF}\n")
    data = tar(**{CONF: "u a -\n", "usr/lib/sysusers.d/sub/b.conf": "no", "usr/a.conf": "no"})
    members = {"debian-binary": b"2.0\n", f"control.tar{ending}": pack(head)}
    path = ar(tmp_path / "a.deb", **members, **{f"data.tar{ending}": pack(data)})
    assert control(path) == "Package: a\n"
    assert scripts(path).shell == ("adduser",)
    assert scripts(path).sysusers == {"a.conf": "u a -\n"}


def test_what_the_list_of_files_lacks_is_not_looked_for(tmp_path: Path) -> None:
    head = tar(control="Package: a\n", md5sums="0  usr/bin/a\n")
    path = ar(tmp_path / "a.deb", **{"control.tar": head, "data.tar": b"not read"})
    assert scripts(path).sysusers == {}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an archive",
        b"!<arch>\n",
        b"!<arch>\n" + b"x" * 60,
        b"!<arch>\ncontrol.tar     0           0     0     100644  9999      `\nshort",
    ],
)
def test_what_is_no_package_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.deb"
    path.write_bytes(data)
    for read in (control, scripts):
        with pytest.raises(IntegrityError, match="is not a Debian package"):
            read(path)
