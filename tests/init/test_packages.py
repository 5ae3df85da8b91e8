"""PIP_REPOSITORY, R_REPOSITORY and PACKAGE_MANAGER_URL: pip, uv and R install from the mirrors,
whoever runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.init.containers import NO_SUDO, Box, Options, execute
from tests.init.servers import Site, python_index

pytestmark = pytest.mark.docker

INSTALL = (
    "pip install --quiet --disable-pip-version-check probe; python -c 'import probe'; pip uninstall"
    " --quiet --yes probe"
)
WITH_UV = "uv pip install --quiet --python /opt/python probe; python -c 'import probe'"
REPOSITORIES = "writeLines(paste(names(getOption('repos')), getOption('repos')))"


@pytest.mark.parametrize("options", [{}, NO_SUDO], ids=["sudo", "no-sudo"])
def test_pip_and_uv_install_from_the_mirror(
    rich: Box, site: Site, wheel: bytes, options: Options
) -> None:
    ran = rich.shell(
        f"{INSTALL}; {WITH_UV}", env={"PIP_REPOSITORY": python_index(site, wheel)}, options=options
    )
    assert ran.failures == []


def test_the_mirror_needs_no_tls_and_may_have_any_name(rich: Box, site: Site, wheel: bytes) -> None:
    """pip trusts `localhost` without TLS, and asks for more from any other host."""
    url = python_index(site, wheel).replace("localhost", "mirror.invalid")
    rich.shell(
        f"{INSTALL}; {WITH_UV}",
        env={"PIP_REPOSITORY": url},
        options={"extra_hosts": {"mirror.invalid": "127.0.0.1"}},
    )


def test_a_mirror_by_tls_with_the_organisation_s_authority(
    rich: Box, secure: Site, wheel: bytes
) -> None:
    assert secure.authority
    env = {"PIP_REPOSITORY": python_index(secure, wheel), "PATH_TO_CA_BUNDLE": "/ca.crt"}
    for options in ({}, NO_SUDO):
        rich.shell(
            f"{INSTALL}; {WITH_UV}", env=env, files={"/ca.crt": secure.authority}, options=options
        )


def test_an_arbitrary_uid_installs_from_the_mirror(rich: Box, site: Site, wheel: bytes) -> None:
    script = (
        "pip install --quiet --target ~/probe probe; uv pip install --quiet --target ~/uv probe; ls"
        " ~/probe/probe.py ~/uv/probe.py"
    )
    rich.shell(
        script, env={"PIP_REPOSITORY": python_index(site, wheel)}, options={"user": "12345:0"}
    )


def test_sessions_from_outside_use_the_mirror(rich: Box, site: Site, wheel: bytes) -> None:
    with rich.started(
        "sleep", "1000", env={"PIP_REPOSITORY": python_index(site, wheel)}
    ) as container:
        ready = "until [ -e /var/lib/onyxia/1000/environment.sh ]; do sleep 0.05; done"
        ran = execute(
            container,
            "bash",
            "-c",
            f"{ready}; exec bash -lc 'set -e; {INSTALL}; {WITH_UV}'".replace(
                "'import probe'", '"import probe"'
            ),
        )
    assert ran.code == 0, ran.err


def test_pip_s_other_settings_stay(rich: Box, site: Site, wheel: bytes) -> None:
    script = (
        "pip config --user set global.timeout 7; /opt/onyxia-init.sh true; pip config --user get"
        " global.timeout"
    )
    assert (
        rich.shell(script, env={"PIP_REPOSITORY": python_index(site, wheel)}).out.split()[-1] == "7"
    )


def test_uv_s_index_that_is_set_stays(box: Box) -> None:
    found = box.run(
        "env",
        "-0",
        env={"PIP_REPOSITORY": "http://mirror/simple", "UV_DEFAULT_INDEX": "http://mine/simple"},
    ).environment
    assert found["UV_DEFAULT_INDEX"] == "http://mine/simple"


def test_conda_s_repository_changes_nothing(box: Box) -> None:
    ran = box.shell("ls -A ~", env={"CONDA_REPOSITORY": "http://mirror/conda"})
    assert (ran.failures, "conda" in ran.out) == ([], False)


def test_r_has_its_usual_repositories_without_a_mirror(rich: Box) -> None:
    ran = rich.shell(f'Rscript -e "{REPOSITORIES}"; env -u R_PROFILE Rscript -e "{REPOSITORIES}"')
    first, second = ran.out.splitlines()
    assert first == second


def test_r_installs_from_the_mirror_and_from_no_other(rich: Box, site: Site) -> None:
    site.text("/cran/src/contrib/PACKAGES", "Package: probe\nVersion: 1.0\n")
    renv = "writeLines(names(getOption('renv.config.repos.override')))"
    script = (
        f'Rscript -e "{REPOSITORIES}" -e "cat(available.packages()[, 1], fill = TRUE)" -e "{renv}"'
    )
    ran = rich.shell(script, env={"R_REPOSITORY": f"{site.url}/cran"})
    assert ran.out.splitlines() == [f"LocalRepository {site.url}/cran", "probe", "LocalRepository"]


@pytest.mark.parametrize("suffix", ["", "/"])
def test_r_asks_the_package_manager_for_binaries_of_this_system(
    rich: Box, site: Site, release: str, suffix: str
) -> None:
    version = {"trixie": "4.5", "bookworm": "4.2"}[release]
    binaries = f"/manager/latest/bin/linux/{release}-x86_64/{version}"
    site.text(f"{binaries}/src/contrib/PACKAGES", "Package: probe\nVersion: 1.0\n")
    full = rich.run("Rscript", "-e", "cat(format(getRversion()))").out
    env = {"PACKAGE_MANAGER_URL": f"{site.url}/manager{suffix}", "R_REPOSITORY": f"{site.url}/cran"}
    ran = rich.shell(
        f'Rscript -e "{REPOSITORIES}" -e "cat(available.packages()[, 1], fill = TRUE)" 2>&1',
        env=env,
    )
    assert ran.out.splitlines()[:2] == [
        f"PackageManager {site.url}{binaries}",
        f"LocalRepository {site.url}/cran",
    ]
    assert ran.out.splitlines()[-1] == "probe"
    agents = {
        request.headers["user-agent"].split()[0]
        for request in site.requests
        if request.path.startswith("/manager")
    }
    assert agents == {f"R/{full}"}


def test_r_outside_the_service_has_the_same_repositories(rich: Box, site: Site) -> None:
    script = f"""env -i PATH="$PATH" R_PROFILE="$R_PROFILE" Rscript -e "{REPOSITORIES}" """
    for options in ({}, NO_SUDO, {"user": "12345:0"}):
        ran = rich.shell(script, env={"R_REPOSITORY": f"{site.url}/it's"}, options=options)
        assert ran.out == f"LocalRepository {site.url}/it's\n"


def test_r_reads_the_site_profile_of_the_machine_first(rich: Box) -> None:
    line = (
        'options(repos = c(CRAN = "http://cran", Mine = "http://mine")); options(probe = 42); x'
        " <- 1"
    )
    script = f"""
        echo '{line}' | sudo tee -a "$(R RHOME)/etc/Rprofile.site" >/dev/null
        Rscript -e "{REPOSITORIES}" -e 'cat(getOption("probe"), x)'
    """
    assert (
        rich.shell(script, env={"R_REPOSITORY": "http://mirror"}).out
        == "LocalRepository http://mirror\nMine http://mine\n42 1"
    )


def test_rstudio_s_sessions_read_the_profile_through_the_machine_s_own(rich: Box) -> None:
    """RStudio starts R without the service's environment, R_PROFILE included. Its hook opens the
    project."""
    script = """
        sudo ln -s /bin/true /usr/local/bin/rstudio-server
        for _ in 1 2; do /opt/onyxia-init.sh true; done
        grep -c onyxia "$(R RHOME)/etc/Rprofile.site"
        mkdir -p project
        hook='rstudioapi <- new.env(); for (f in getHook("rstudio.sessionInit")) { body(f)[[2]][[3]][[1]] <- quote(cat); f(TRUE) }'
        env -i PATH="$PATH" Rscript -e 'cat(Sys.getenv("KEY"), getOption("repos"), "")' -e "$hook"
    """
    env = {
        "KEY": "value",
        "R_REPOSITORY": "http://mirror",
        "GIT_REPOSITORY": "http://localhost:1/team/project.git",
    }
    assert rich.shell(script, env=env).out == "1\nvalue http://mirror /home/onyxia/work/project"


def test_rstudio_without_sudo_is_reported(rich: Box) -> None:
    ran = rich.shell(
        "true", files={"/usr/local/bin/rstudio-server": Path("/bin/true")}, options=NO_SUDO
    )
    assert ran.failures == ["rstudio"]
