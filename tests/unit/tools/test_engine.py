"""A client of an engine."""

from __future__ import annotations

import pytest

from builder.errors import BuilderError
from builder.tools import engine


@pytest.mark.parametrize("address", ["[1, 2]", "tcp://[::1"])
def test_an_odd_address_is_no_bug(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(BuilderError):
        engine.client(1)
