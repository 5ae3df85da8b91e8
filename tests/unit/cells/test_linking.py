"""Whether what an image loads is there: the loader's rules on recorded facts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cells.loaded import LIB, SITE, Layer, told

EXTENSION = f"{SITE}/one/core.cpython-313-x86_64-linux-gnu.so"


def of(*found: tuple[str, dict[str, Any]], **more: Any) -> Layer:
    return Layer(objects=dict(found), **more)


def lib(name: str, where: str = LIB, **known: Any) -> tuple[str, dict[str, Any]]:
    return f"{where}/{name}", {"soname": name, "needed": ("libc.so.6",), **known}


def program(*needed: str, **known: Any) -> tuple[str, dict[str, Any]]:
    return "usr/bin/program", {"program": True, "needed": (*needed, "libc.so.6"), **known}


def test_an_image_that_has_all_it_loads() -> None:
    layer = of(program("libx.so.1"), lib("libx.so.1", needed=("liby.so.2",)), lib("liby.so.2"))
    assert told(layer) == []


# Seeded faults: each is told, and nothing else.


def test_a_library_that_is_nowhere() -> None:
    (fault,) = told(of(program("libx.so.1", "liby.so.1")))
    assert fault == (
        "missing: /usr/bin/program (layer top) needs libx.so.1, liby.so.1, which are not in the"
        " image"
    )


def test_a_library_of_a_library_is_missing() -> None:
    (fault,) = told(of(program("libx.so.1"), lib("libx.so.1", needed=("libz.so.1",))))
    assert fault == (
        f"missing: /{LIB}/libx.so.1 (layer top) needs libz.so.1, which is not in the image"
    )


def test_a_library_where_nobody_looks_for_it() -> None:
    (fault,) = told(of(program("libx.so.1"), lib("libx.so.1", "opt/vendor/lib")))
    assert "does not look for it where it is (/opt/vendor/lib/libx.so.1)" in fault


def test_a_link_that_leads_nowhere() -> None:
    links = {f"{LIB}/libx.so.1": "libx.so.1.2"}
    (fault,) = told(of(program("libx.so.1"), links=links))
    assert "needs libx.so.1, which is not in the image" in fault


def test_a_library_for_another_processor() -> None:
    (fault,) = told(of(program("libx.so.1"), lib("libx.so.1", machine="EM_AARCH64/64")))
    assert f"/{LIB}/libx.so.1 is for another processor or system" in fault


def test_a_library_for_another_c_library() -> None:
    musl = lib("libx.so.1", needed=("libc.musl-x86_64.so.1",))
    (fault,) = told(of(program("libx.so.1"), musl))
    assert "is for another processor or system" in fault


def test_a_search_path_of_the_machine_that_built_it() -> None:
    built = program("libx.so.1", search=("/home/someone/build/lib",))
    (fault,) = told(of(built, lib("libx.so.1", "opt/vendor/lib")))
    assert "missing: /usr/bin/program" in fault


def test_a_version_of_symbols_that_the_library_does_not_have() -> None:
    newer = program(requires={"libc.so.6": ("GLIBC_2.34", "GLIBC_2.38")})
    (fault,) = told(of(newer))
    assert fault == (
        "version: /usr/bin/program (layer top) needs GLIBC_2.38 of libc.so.6, which"
        f" /{LIB}/libc.so.6 does not have"
    )


def test_two_libraries_of_one_name_in_one_process() -> None:
    layer = of(
        program("libown.so.1", "libz.so.1", search=("$ORIGIN/../lib/own",)),
        lib("libown.so.1", "usr/lib/own", needed=("libz.so.1",)),
        lib("libz.so.1", "usr/lib/own"),
        lib("libz.so.1"),
    )
    (fault,) = told(layer)
    assert fault == (
        f"twice: /usr/lib/own/libown.so.1 (layer top) needs libz.so.1, and gets"
        f" /usr/lib/own/libz.so.1 (layer top) or /{LIB}/libz.so.1 (layer top), whichever its"
        " process loads first"
    )


def test_two_libraries_of_one_name_in_modules_of_one_python() -> None:
    layer = of(
        (EXTENSION, {"needed": ("libomp.so",), "search": ("$ORIGIN/lib",)}),
        lib("libomp.so", f"{SITE}/one/lib"),
        (f"{SITE}/two/core.so", {"needed": ("libomp.so",), "search": ("$ORIGIN/lib",)}),
        lib("libomp.so", f"{SITE}/two/lib"),
    )
    (fault,) = told(layer)
    assert fault == (
        f"twice: /{SITE}/one/lib/libomp.so (layer top) is one of two libraries that modules of"
        f" /{SITE} load as libomp.so: the other is /{SITE}/two/lib/libomp.so (layer top)"
    )


def test_the_driver_in_an_image() -> None:
    (fault,) = told(of(lib("libcuda.so.1")))
    assert fault == (
        f"driver: /{LIB}/libcuda.so.1 (layer top) is the driver's: it has to come from the node,"
        " with its kernel module"
    )


def test_a_stub_of_the_driver_that_would_be_loaded() -> None:
    stub = lib("libcuda.so.1", "usr/local/cuda/lib/stubs")
    (fault,) = told(of(program("libcuda.so.1", search=("/usr/local/cuda/lib/stubs",)), stub))
    assert "needs the driver's libcuda.so.1, and would get /usr/local/cuda/lib/stubs" in fault


def test_a_module_of_python_without_its_library() -> None:
    (fault,) = told(of((EXTENSION, {"needed": ("libx.so.1",)})))
    assert "needs libx.so.1, which is not in the image" in fault


def test_a_plugin_of_another_package_gets_nothing_from_this_one() -> None:
    layer = of(
        ("usr/lib/plugins/x.so", {"needed": ("libhost.so.1",)}),
        lib("libhost.so.1", "usr/lib/host"),
        owners={"usr/lib/plugins/x.so": "plugin", "usr/lib/host/libhost.so.1": "host"},
    )
    (fault,) = told(layer)
    assert "does not look for it where it is" in fault


# What looks like a fault, and is none.


def test_the_driver_comes_from_the_node() -> None:
    needed = ("libcuda.so.1", "libnvidia-ml.so.1", "libnvcuvid.so.1", "libnvidia-encode.so.1")
    assert told(of((EXTENSION, {"needed": needed}))) == []


def test_a_wheel_has_libraries_for_itself() -> None:
    layer = of(
        (
            EXTENSION,
            {"needed": ("libz-1a2b.so.1",), "search": ("$ORIGIN/../one.libs",), "inherited": True},
        ),
        lib("libz-1a2b.so.1", f"{SITE}/one.libs", needed=("libdeep-3c4d.so.1",)),
        lib("libdeep-3c4d.so.1", f"{SITE}/one.libs"),
    )
    assert told(layer) == [], "DT_RPATH holds for what a library loads, too"


def test_runpath_does_not_hold_for_what_a_library_loads() -> None:
    layer = of(
        program("libone.so.1", search=("$ORIGIN/../lib/own",)),
        lib("libone.so.1", "usr/lib/own", needed=("libtwo.so.1",)),
        lib("libtwo.so.1", "usr/lib/own"),
    )
    (fault,) = told(layer)
    assert fault.startswith("missing: /usr/lib/own/libone.so.1")


def test_what_is_loaded_before_serves_later_needs() -> None:
    layer = of(
        program("libone.so.1", "libtwo.so.1", search=("${ORIGIN}/../lib/own",)),
        lib("libone.so.1", "usr/lib/own", needed=("libtwo.so.1",)),
        lib("libtwo.so.1", "usr/lib/own"),
    )
    assert told(layer) == []


def test_a_module_needs_what_another_one_beside_it_loads() -> None:
    layer = of(
        (f"{SITE}/torch/_C.so", {"needed": ("libtorch.so",), "search": ("$ORIGIN/lib",)}),
        lib("libtorch.so", f"{SITE}/torch/lib"),
        (f"{SITE}/torchvision/_C.so", {"needed": ("libtorch.so",)}),
    )
    assert told(layer) == []


def test_a_plugin_needs_what_its_debian_package_has() -> None:
    owners = dict.fromkeys(("usr/lib/jvm/lib/libnet.so", "usr/lib/jvm/lib/server/libjvm.so"), "jre")
    layer = of(
        lib("libnet.so", "usr/lib/jvm/lib", needed=("libjvm.so",)),
        lib("libjvm.so", "usr/lib/jvm/lib/server"),
        owners=owners,
    )
    assert told(layer) == []


@pytest.mark.parametrize(
    "known",
    [
        {"machine": "EM_AARCH64/64"},
        {"machine": "EM_X86_64/64/FREEBSD"},
        {"needed": ("libc.musl-x86_64.so.1",)},
    ],
)
def test_files_for_other_systems_are_no_concern(known: dict[str, Any]) -> None:
    prebuilt = {"needed": ("libc.so.7", "libthr.so.3"), **known}
    assert told(of(("opt/npm/prebuilds/argon2.node", prebuilt))) == []


def test_links_and_versions_of_names() -> None:
    layer = of(
        program("libx.so.1", requires={"libx.so.1": ("X_1",)}),
        lib("libx.so.1.2.3", soname="libx.so.1", provides=("X_1", "X_2")),
        links={f"{LIB}/libx.so.1": "libx.so.1.2.3", f"{LIB}/libx.so": "libx.so.1"},
    )
    assert told(layer) == []


def test_a_library_without_versions_of_symbols_serves_all() -> None:
    layer = of(program("libx.so.1", requires={"libx.so.1": ("X_1",)}), lib("libx.so.1"))
    assert told(layer) == []


def test_libraries_that_need_each_other() -> None:
    layer = of(
        lib("liba.so.1", needed=("libb.so.1",)),
        lib("libb.so.1", needed=("liba.so.1", "libnone.so.1")),
    )
    (fault,) = told(layer)
    assert "libnone.so.1" in fault, "also what only they lead to is looked at"


def test_the_environment_of_the_image_counts() -> None:
    layer = of(program("libx.so.1"), lib("libx.so.1", "opt/vendor/lib"))
    assert told(layer, environment={"LD_LIBRARY_PATH": "/opt/vendor/lib"}) == []


def test_what_a_layer_says_is_never_loaded() -> None:
    path = "usr/lib/jvm/java-21/lib/libjsound.so"
    layer = of((path, {"needed": ("libasound.so.2",)}))
    assert told(layer, unloaded={"top": ["/usr/lib/jvm/*/libjsound.so"]}) == []
    assert told(layer, unloaded={"bottom": ["/usr/lib/jvm/*/libjsound.so"]}) != []


def test_what_is_never_loaded_may_be_needed_by_what_is() -> None:
    layer = of(
        ("opt/x/plugin.node", {"needed": ("libdesktop.so",), "search": ("$ORIGIN",)}),
        lib("libdesktop.so", "opt/x", needed=("libgtk-3.so.0",)),
    )
    assert told(layer, unloaded={"top": ["/opt/x/libdesktop.so"]}) == []


def test_what_another_layer_replaced_is_not_looked_at() -> None:
    """Two layers with the same file hold the same object."""
    one = of(lib("libx.so.1"), name="one")
    other = of(lib("libx.so.1"), program("libx.so.1"), name="other")
    assert told(one, other) == []
    assert told(other, one) == []
