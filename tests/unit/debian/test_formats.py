"""Stanzas, PAM's files and files of lines: examples as Debian writes them."""

from __future__ import annotations

import pytest

from builder import deb822
from builder.debian import stanzas
from builder.debian.merger import Disagreement
from builder.debian.mergers import merger_of


def merge(path: str, *texts: str) -> str:
    merger = merger_of(path)
    assert merger is not None
    return merger.file([merger.diff("", text) for text in texts])


def test_owners_of_a_question_are_united() -> None:
    one = (
        "Name: a/b\nFlags: seen\nOwners: zed, alpha\nTemplate: a/b\nValue: true\nVariables:\n x ="
        " 1\n y = 2\n\n"
    )
    two = (
        "Name: a/b\nTemplate: a/b\nVariables:\n x = 1\n y = 2\nOwners: beta\nValue: true\nFlags:"
        " seen\n\n"
    )
    assert merge("var/cache/debconf/config.dat", one, two) == one.replace(
        "zed, alpha", "alpha, beta, zed"
    )


def test_two_values_of_a_question_are_a_disagreement() -> None:
    with pytest.raises(Disagreement, match="a/b: 'Value: true' against 'Value: false'"):
        merge(
            "var/cache/debconf/config.dat",
            *(f"Name: a/b\nValue: {value}\nOwners: x\n" for value in ("true", "false")),
        )


def test_pam_profiles_are_united() -> None:
    text = (
        "Name: libpam-runtime/profiles\nTemplate: x\nValue: {}\nOwners:"
        " libpam-runtime\nVariables:\n profile_names = {}\n\n"
    )
    found = merge(
        "var/cache/debconf/config.dat",
        text.format("unix", "unix"),
        text.format("unix, systemd", "unix, systemd"),
        text.format("cap", "cap"),
    )
    assert deb822.fields(found.strip()) == {
        "Name": "libpam-runtime/profiles",
        "Template": "x",
        "Value": "unix, cap, systemd",
        "Owners": "libpam-runtime",
    }


SESSION = """\
# here's the fallback if no module succeeds
session\trequisite\t\t\tpam_deny.so
# and here are more per-package modules (the "Additional" block)
session\trequired\tpam_unix.so
{}# end of pam-auth-update config
"""


def test_pam_modules_of_two_layers_are_united() -> None:
    one, two = (
        SESSION.format(f"session\toptional\tpam_{name}.so \n") for name in ("systemd", "cap")
    )
    assert merge("etc/pam.d/common-session", one, two) == SESSION.format(
        "session\toptional\tpam_cap.so\nsession\toptional\tpam_systemd.so\n"
    )


def test_another_stack_of_pam_modules_is_a_disagreement() -> None:
    with pytest.raises(Disagreement, match="the file around the additional modules"):
        merge(
            "etc/pam.d/common-session",
            SESSION.format(""),
            SESSION.format("").replace("pam_deny", "pam_permit"),
        )


def test_pam_s_state_is_united() -> None:
    one, two = (
        "Module: null\n[default=1]\tpam_permit.so\nModule: unix\nrequired\tpam_unix.so\n",
        "Module: systemd\noptional\tpam_systemd.so\n",
    )
    assert merge("var/lib/pam/session", two, one) == one + two
    assert (
        merge("var/lib/pam/seen", "systemd\n", "unix\nmkhomedir\n") == "unix\nmkhomedir\nsystemd\n"
    )


def test_diversions_are_keyed_by_what_is_diverted() -> None:
    one, two = (
        "/usr/bin/sh\n/usr/bin/sh.distrib\ndash\n",
        "/usr/lib/libc.so\n/usr/lib/libc.so.usr-is-merged\n:\n",
    )
    assert merge("var/lib/dpkg/diversions", two, one) == one + two
    with pytest.raises(Disagreement, match="/usr/bin/sh"):
        merge("var/lib/dpkg/diversions", one, one.replace("dash", "bash"))


def test_shells_keep_their_comment_on_top() -> None:
    head = "# /etc/shells: valid login shells\n"
    assert (
        merge("etc/shells", head + "/bin/sh\n", head + "/bin/sh\n/bin/bash\n")
        == head + "/bin/bash\n/bin/sh\n"
    )


def test_ucf_s_files_are_keyed_by_path() -> None:
    assert (
        merge("var/lib/ucf/hashfile", "b1  /etc/b\n", "a1  /etc/a\n") == "a1  /etc/a\nb1  /etc/b\n"
    )
    with pytest.raises(Disagreement, match="/etc/a: 'one' against 'two'"):
        merge("var/lib/ucf/registry", "one /etc/a\n", "two /etc/a\n")


def test_loaders_of_two_layers_are_united() -> None:
    head, path = (
        "# GdkPixbuf Image Loader Modules file\n\n",
        "usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders.cache",
    )
    one, two = '"libone.so"\n"one" 1\n\n', '"libtwo.so"\n"two" 1\n\n'
    assert merge(path, head + two, head + one) == head + one + two


def test_versions_of_installed_packages_only() -> None:
    text = (
        "Package: a\nStatus: install ok installed\nVersion: 1:2-3\n\nPackage: b\nStatus: deinstall"
        " ok config-files\nVersion: 1\n"
    )
    assert stanzas.versions(text) == {"a": "1:2-3"}


def test_a_stanza_without_its_name_is_told() -> None:
    with pytest.raises(Disagreement, match="a stanza without Package: 'Version: 1'"):
        stanzas.packages("Version: 1\n")
