"""What people do with R in such images, each with the report or the file in which it is done."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from tests.public.containers import in_the_engine, kept, shell

pytestmark = pytest.mark.docker
IMAGE = "jupyter-r-python:py3.13-r4.5"
R_SCRIPT = "Rscript --no-echo -e"


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    """R and Python for data science: an image that the gate builds anyway. One container for all,
    with one processor's time on a machine that has more."""
    with kept("--cpus=1", in_the_engine(IMAGE), "sleep", "600") as name:
        yield name


def test_threads_stay_within_the_containers_processors(container: str) -> None:
    """https://github.com/rocker-org/rocker/issues/377: `--cpus` and 88 threads.

    https://github.com/OpenMathLib/OpenBLAS/issues/6059: why OpenBLAS does not know.
    """
    count = (
        "a <- matrix(runif(1e6), 1000); b <- crossprod(a);"
        "cat(length(list.files('/proc/self/task')))"
    )
    for options in ("", "--vanilla"):
        assert shell(container, f'Rscript {options} -e "{count}"') == "1"
    # who asks for more gets it
    asked = shell(container, f'{R_SCRIPT} "{count}"', {"OPENBLAS_NUM_THREADS": "2"})
    assert int(asked) <= 2
    value = "cat(Sys.getenv('OPENBLAS_NUM_THREADS'))"
    assert shell(container, f'{R_SCRIPT} "{value}"', {"OMP_NUM_THREADS": "3"}) == "3"


def test_a_dockerfile_appends_to_the_site_profile(container: str) -> None:
    """rocker-org/binder, 3.4.3: `echo "options(…)" >> /usr/local/lib/R/etc/Rprofile.site`.

    Others write it anew by `tee`, or by ${R_HOME}, which does not make R print a warning
    (https://github.com/holgerbrandl/r4intellij/issues/148).
    """
    script = """
        cp /usr/local/lib/R/etc/Rprofile.site /tmp/kept
        echo "options(one = 'a')" >>/usr/local/lib/R/etc/Rprofile.site
        echo "options(two = 'b')" | tee -a ${R_HOME}/etc/Rprofile.site >/dev/null
        sed -i "s/'b'/'c'/" /usr/local/lib/R/etc/Rprofile.site
        echo THREE=d >>$(R RHOME)/etc/Renviron.site
        Rscript -e "cat(getOption('one'), getOption('two'), Sys.getenv('THREE'))"
        cp /tmp/kept /usr/local/lib/R/etc/Rprofile.site
    """
    assert shell(container, script) == "a c d"


def test_install2_r_is_on_the_path(container: str) -> None:
    """InseeFrLab/ESA-Nowcasting-2023, Dockerfile: `RUN install2.r renv && Rscript -e "renv::restore()"`."""
    script = """
        mkdir -p /tmp/made/probe && cd /tmp/made
        printf '%s\\n' 'Package: probe' 'Version: 1.0' 'Title: P' 'Description: P.' \
          'Author: N' 'Maintainer: N <n@example.org>' 'License: MIT' >probe/DESCRIPTION
        : >probe/NAMESPACE
        R CMD build --no-build-vignettes probe >/dev/null
        install2.r --error ./probe_1.0.tar.gz >/dev/null 2>&1
        Rscript -e 'cat(format(packageVersion("probe")), requireNamespace("renv"))'
        [[ $(installGithub.r --help) == *'Usage: installGithub.r'* ]]
    """
    assert shell(container, script) == "1.0 TRUE"


@pytest.mark.parametrize(
    "flags",
    [
        # https://github.com/thomasp85/ggraph/issues/34: units, which ggraph needs
        pytest.param("-ludunits2", id="units"),
        # https://github.com/Kaggle/docker-rcran/pull/11
        pytest.param("$(pkg-config --cflags --libs gdal geos proj)", id="sf"),
        # what users of rocker/r-ver install by apt before install.packages()
        pytest.param("$(pkg-config --cflags --libs harfbuzz fribidi freetype2)", id="textshaping"),
        pytest.param("$(pkg-config --cflags --libs libxml-2.0)", id="xml2"),
        pytest.param("$(pkg-config --cflags --libs libgit2)", id="gert"),
        pytest.param("$(pkg-config --cflags --libs Magick++)", id="magick"),
    ],
)
def test_what_configure_of_a_source_package_looks_for(container: str, flags: str) -> None:
    script = f"""
        cd "$(mktemp -d)"
        flags="{flags}"
        echo 'int main(void) {{ return 0; }}' >probe.c
        gcc probe.c -Wl,--no-as-needed $flags -o probe
        ./probe
    """
    shell(container, script)


def test_java_is_configured_for_r(container: str) -> None:
    """A package such as rJava compiles and loads a program that uses the virtual machine."""
    script = """
        cd "$(mktemp -d)"
        printf '%s\\n' '#include <jni.h>' '#include <Rinternals.h>' \
          'SEXP probe(void) { jsize n; JavaVM *vm;' \
          'return Rf_ScalarInteger(JNI_GetCreatedJavaVMs(&vm, 1, &n)); }' >probe.c
        PKG_CPPFLAGS="$(R CMD config JAVA_CPPFLAGS)" PKG_LIBS="$(R CMD config JAVA_LIBS)" \
          R CMD SHLIB probe.c >/dev/null
        Rscript -e 'dyn.load("probe.so"); cat(.Call("probe"))'
    """
    assert shell(container, script) == "0"


def test_reticulate_takes_the_images_python(container: str) -> None:
    """https://github.com/geocompx/docker/issues/117: it made an environment of its own.

    https://github.com/rocker-org/rocker/issues/296: "Python shared library not found".
    """
    script = "cat(reticulate::py_config()$python, reticulate::py_eval('6 * 7'))"
    python, answer = shell(container, f"{R_SCRIPT} {shlex.quote(script)}").split()
    assert python.startswith("/opt/python/bin/python")
    assert answer == "42"
