"""What a bundle says of itself, as distrusted input."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from builder.errors import IntegrityError
from builder.share import contents
from builder.share.contents import Contents

ZERO = "0" * 64
WHOLE = Contents(
    catalog="lab",
    moment=datetime(2026, 11, 27, tzinfo=UTC),
    lock=f"sha256:{ZERO}",
    release="2026.11.27-0123456789ab",
    images={"python:py3.13": f"sha256:{ZERO}"},
    cells={"python@trixie-amd64-3.13": ZERO},
    charts=(f"sha256:{ZERO}",),
    artifacts=(f"sha256:{ZERO}", f"sha512:{ZERO}{ZERO}"),
)


def test_what_is_written_is_read_again() -> None:
    assert contents.read(contents.write(WHOLE), "it") == WHOLE


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"format": 2}, "format"),
        ({"catalog": "../lab"}, "catalog"),
        ({"moment": "2026-11-27T00:00:00"}, "moment"),
        ({"lock": "sha256:1"}, "lock"),
        ({"release": "a/b"}, "release"),
        ({"images": {"../python:1": f"sha256:{ZERO}"}}, "images"),
        ({"images": {"python:1": "sha1:1"}}, "images"),
        ({"cells": {"python": "../.."}}, "cells"),
        ({"charts": ["chart.tgz"]}, "charts"),
        ({"artifacts": ["sha256:../../etc/passwd"]}, "artifacts"),
        ({"artifacts": {}}, "artifacts"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_something_else_is_refused_with_its_place(
    changes: dict[str, object], where: str
) -> None:
    document = {**json.loads(contents.write(WHOLE)), **changes}
    with pytest.raises(IntegrityError, match=f"lab.bundle is not a bundle .*: {where}"):
        contents.read(json.dumps(document).encode(), "lab.bundle")


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"null"])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="is not a bundle that can be read"):
        contents.read(data, "it")
