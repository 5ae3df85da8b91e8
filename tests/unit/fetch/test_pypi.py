"""The Python index that a machine is configured with."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.fetch.pypi import configured, with_credentials
from builder.fetch.transfer import redacted

INDEX = "[global]\nindex-url = https://index.example/simple\n"


def test_pip_is_asked_where_uv_has_nothing_of_its_own(tmp_path: Path) -> None:
    assert configured({"HOME": str(tmp_path)}, tmp_path) is None
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/pip.conf").write_text(INDEX)
    assert configured({"HOME": str(tmp_path)}, tmp_path) == "https://index.example/simple"
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text("[global]\ntimeout = 3\n")
    assert configured({"HOME": str(tmp_path)}, tmp_path) == "https://index.example/simple", (
        "a file that does not say leaves it"
    )
    (tmp_path / "own.conf").write_text("[global]\nindex-url = https://own.example/%20simple\n")
    assert (
        configured({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "own.conf")}, tmp_path)
        == "https://own.example/%20simple"
    )
    assert (
        configured({"HOME": str(tmp_path), "PIP_INDEX_URL": "https://set.example"}, tmp_path)
        == "https://set.example"
    )


@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE"])
def test_uv_s_own_configuration_is_uv_s_to_read(tmp_path: Path, variable: str) -> None:
    assert (
        configured(
            {"HOME": str(tmp_path), "PIP_INDEX_URL": "https://set.example", variable: "x"}, tmp_path
        )
        is None
    )


def test_a_broken_pip_conf_is_pip_s_to_complain_of(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/pip.conf").write_text("index-url without a section")
    assert configured({"HOME": str(tmp_path)}, tmp_path) is None


@pytest.mark.parametrize(
    ("url", "index", "result"),
    [
        ("https://a.example/f.whl", "https://u:p@a.example/simple", "https://u:p@a.example/f.whl"),
        ("https://b.example/f.whl", "https://u:p@a.example/simple", "https://b.example/f.whl"),
        (
            "https://a.example:8443/f.whl",
            "https://u:p@a.example/simple",
            "https://a.example:8443/f.whl",
        ),
        ("https://a.example/f.whl", "https://a.example/simple", "https://a.example/f.whl"),
        ("https://a.example/f.whl", None, "https://a.example/f.whl"),
    ],
)
def test_a_password_goes_to_its_own_host_alone(url: str, index: str | None, result: str) -> None:
    assert with_credentials(url, index) == result
    assert redacted(result) == url
