"""Whether the parts of CUDA in an image fit together, and what they need of a node."""

from __future__ import annotations

from typing import Any

import pytest

from builder.cells.gpu import Gpu, Stated
from tests.unit.cells.loaded import LIB, SITE, Layer, needs, told

SHARED = "opt/cuda/site-packages"
NVIDIA = f"{SHARED}/nvidia/cu13/lib"
RUNTIME = {"soname": "libcudart.so.13", "needed": ("libc.so.6",)}


def cuda(where: str = NVIDIA, **more: Any) -> Layer:
    """Return a layer with CUDA 13 and cuDNN 9, as NVIDIA's wheels have them."""
    given: dict[str, Any] = {
        "name": "cuda",
        "site": SHARED,
        "objects": {
            f"{where}/libcudart.so.13": RUNTIME,
            f"{where}/libcublas.so.13": {
                "soname": "libcublas.so.13",
                "needed": ("libcublasLt.so.13", "libc.so.6"),
                "search": ("$ORIGIN",),
                "gpu": ("sm_75", "sm_80", "sm_90", "compute_90"),
            },
            f"{where}/libcublasLt.so.13": {"soname": "libcublasLt.so.13"},
            f"{SHARED}/nvidia/cudnn/lib/libcudnn.so.9": {"soname": "libcudnn.so.9"},
        },
        "packages": [
            ("nvidia-cuda-runtime", "13.2.75", ()),
            ("nvidia-cublas", "13.4.0.1", ()),
            ("nvidia-cudnn-cu13", "9.26.0.51", ("nvidia-cublas",)),
            ("cuda-toolkit", "13.2.2", ('nvidia-cublas==13.4.*; extra == "cublas"',)),
        ],
    }
    return Layer(**{**given, **more})


def torch(**more: Any) -> Layer:
    """Return a layer with a framework for CUDA 13.2, that finds CUDA as PyTorch does."""
    search = (
        "$ORIGIN/../../nvidia/cudnn/lib",
        "$ORIGIN/../../nvidia/cu13/lib",
        "$ORIGIN",
    )
    needed = ("libcudart.so.13", "libcublas.so.13", "libcudnn.so.9", "libcuda.so.1", "libc.so.6")
    given: dict[str, Any] = {
        "name": "torch",
        "links": {f"{SITE}/nvidia": f"/{SHARED}/nvidia"},
        "objects": {
            f"{SITE}/torch/lib/libtorch_cuda.so": {
                "soname": "libtorch_cuda.so",
                "needed": needed,
                "search": search,
                "inherited": True,
                "gpu": ("sm_80", "sm_90", "compute_90"),
            },
            f"{SITE}/torch/_C.so": {"needed": ("libtorch_cuda.so",), "search": ("$ORIGIN/lib",)},
        },
        "built": {"torch": ("13.2", "")},
        "packages": [
            (
                "torch",
                "2.15.0",
                (
                    'cuda-toolkit[cublas]==13.2.2; platform_system == "Linux"',
                    'nvidia-cudnn-cu13==9.26.0.51; platform_system == "Linux"',
                    'nvidia-nothing; platform_system == "Windows"',
                    'nvidia-extra; extra == "more"',
                    'nvidia-old; python_version < "3.13"',
                    'nvidia-arm; platform_machine == "aarch64"',
                    "numpy",
                ),
            )
        ],
    }
    return Layer(**{**given, **more})


def test_a_framework_on_the_cuda_of_another_layer() -> None:
    assert told(cuda(), torch()) == []
    assert told(torch(), cuda()) == [], "in any order"


def test_what_it_needs_of_a_node() -> None:
    found = needs(cuda(), torch())
    assert found == Gpu(
        cuda="13.2", driver="580.65.06", architectures=("sm_80", "sm_90", "compute_90")
    )
    assert found is not None
    assert found.labels() == {
        "org.catalog.gpu.cuda": "13.2",
        "org.catalog.gpu.driver": ">=580.65.06",
        "org.catalog.gpu.architectures": "sm_80 sm_90 compute_90",
    }


def test_processors_are_those_of_all_frameworks() -> None:
    plugin = Layer(
        name="jax",
        objects={f"{SITE}/jax_plugin/x.so": {"gpu": ("sm_75", "sm_90", "compute_120")}},
    )
    found = needs(cuda(), torch(), plugin)
    assert found is not None
    assert found.architectures == ("sm_90",)


def test_without_a_framework_they_are_those_of_cuda() -> None:
    found = needs(cuda())
    assert found is not None
    assert found.architectures == ("sm_75", "sm_80", "sm_90", "compute_90")


def test_an_image_without_cuda_needs_nothing() -> None:
    assert needs(Layer()) is None


def test_what_a_layer_says_rightly() -> None:
    stated = [
        Stated(layer="cuda", driver="580.65.06"),
        Stated(layer="torch", driver="580.95", architectures=("sm_80", "sm_90")),
    ]
    assert told(cuda(), torch(), stated=stated) == []


def test_newer_minor_versions_serve() -> None:
    older = torch(built={"torch": ("13.0", "9")}, packages=[])
    assert told(cuda(), older) == []


def test_a_library_to_link_against_is_no_second_cuda() -> None:
    stub = {"soname": "libcublas.so.13"}
    assert told(cuda(), Layer(name="x", objects={"opt/x/stubs/libcublas.so": stub})) == []


def test_a_package_may_have_a_library_for_itself() -> None:
    own = {
        f"{SITE}/triton/backends/nvidia/lib/cupti/libcublas.so.12": {"soname": "libcublas.so.12"}
    }
    again = {f"{SITE}/triton/lib/libcublas.so.13": {"soname": "libcublas.so.13"}}
    assert told(cuda(), torch(), Layer(name="triton", objects={**own, **again})) == []


def test_a_library_that_relies_on_what_the_framework_has_loaded() -> None:
    """NVIDIA's libcusolverMg has no search path."""
    bare: dict[str, Any] = {
        f"{NVIDIA}/libcusolverMg.so.12": {"needed": ("libcublas.so.13",)},
    }
    assert told(cuda(), torch(), Layer(name="more", objects=bare)) == []
    assert told(cuda(), Layer(name="more", objects=bare)) == [], "nor without a framework"


def test_a_plugin_relies_on_the_module_that_loads_it() -> None:
    """Triton's do, on libtriton.so."""
    objects: dict[str, Any] = {
        f"{SITE}/triton/_C/libtriton.so": {"soname": "libtriton.so"},
        f"{SITE}/triton/plugins/libTest.so": {"needed": ("libtriton.so",)},
    }
    assert told(cuda(), torch(), Layer(name="triton", objects=objects)) == []


# Seeded faults.


def test_a_second_cuda_below_the_wheels() -> None:
    system = {f"{LIB}/libcudart.so.13": {"soname": "libcudart.so.13"}}
    (fault,) = told(cuda(), torch(), Layer(name="apt", objects=system))
    assert fault == (
        f"twice: /{LIB}/libcudart.so.13 (layer apt) is a second libcudart.so.13: CUDA's is also at"
        f" /{NVIDIA}/libcudart.so.13"
    )


def test_two_major_versions() -> None:
    where = "opt/cuda/site-packages/nvidia/cuda_runtime/lib"
    other = {f"{where}/libcudart.so.12": {"soname": "libcudart.so.12"}}
    (fault,) = told(cuda(), torch(), Layer(name="other", objects=other))
    assert "is of another CUDA than" in fault


@pytest.mark.parametrize("wanted", ["12.8", "13.4", "14.0", "none"])
def test_a_framework_for_another_cuda(wanted: str) -> None:
    (fault,) = told(cuda(), torch(built={"torch": (wanted, "")}))
    assert fault == (
        f"cuda: /{SITE}/torch/version.py (layer torch) says that it was built for CUDA {wanted},"
        " and the image has 13.2.75"
    )


def test_a_framework_for_another_cudnn() -> None:
    (fault,) = told(cuda(), torch(built={"torch": ("13.2", "8.9")}))
    assert "was built for cuDNN 8.9, and the image has 9.26.0.51" in fault


def test_a_framework_without_cuda() -> None:
    found = told(torch(links={}))
    assert [fault.partition(":")[0] for fault in found] == ["missing", *["cuda"] * 3]
    assert "needs libcublas.so.13, libcudart.so.13, libcudnn.so.9, which are not" in found[0]
    assert "requires cuda-toolkit[cublas]==13.2.2, and the image does not have it" in found[1]


def test_cudnn_of_another_version_than_required() -> None:
    packages = [
        ("nvidia-cuda-runtime", "13.2.75", ()),
        ("nvidia-cublas", "13.4.0.1", ()),
        ("nvidia-cudnn-cu13", "9.20.0.1", ()),
        ("cuda-toolkit", "13.2.2", ()),
    ]
    (fault,) = told(cuda(packages=packages), torch())
    assert fault == (
        f"cuda: /{SITE}/torch-2.15.0.dist-info/METADATA (layer torch) requires"
        " nvidia-cudnn-cu13==9.26.0.51, and the image has 9.20.0.1"
    )


def test_what_an_extra_requires() -> None:
    packages = [
        ("nvidia-cuda-runtime", "13.2.75", ()),
        ("nvidia-cudnn-cu13", "9.26.0.51", ()),
        ("cuda-toolkit", "13.2.2", ('nvidia-cublas==13.4.*; extra == "cublas"',)),
    ]
    (fault,) = told(cuda(packages=packages), torch())
    assert "requires nvidia-cublas==13.4.*, and the image does not have it" in fault


def test_what_one_python_requires() -> None:
    requires = ('nvidia-new; python_version >= "3.13" and platform_machine == "x86_64"',)
    (fault,) = told(cuda(), torch(packages=[("torch", "2.15.0", requires)]))
    assert "requires nvidia-new, and the image does not have it" in fault


def test_libraries_that_the_framework_does_not_look_for() -> None:
    """As if NVIDIA's wheels had moved them: the link is there, the directory is another."""
    moved = f"{SHARED}/nvidia/cu13/lib64"
    found = told(cuda(moved), torch())
    assert [fault.partition("needs ")[2].partition(",")[0] for fault in found] == [
        "libcublas.so.13",
        "libcudart.so.13",
    ]
    assert all("does not look for it where it is" in fault for fault in found)


def test_a_driver_that_is_too_old() -> None:
    stated = [Stated(layer="cuda", driver="525.60.13")]
    (fault,) = told(cuda(), torch(), stated=stated)
    assert fault == (
        "cuda: /layer.yaml (layer cuda) says `driver: 525.60.13`, and CUDA 13.2 needs 580.65.06"
    )


def test_processors_without_code() -> None:
    stated = [Stated(layer="torch", architectures=("sm_70", "sm_90"))]
    (fault,) = told(cuda(), torch(), stated=stated)
    assert "says `architectures` sm_70, and it has code for sm_80 sm_90 compute_90 alone" in fault


def test_words_about_processors_without_cuda() -> None:
    (fault,) = told(Layer(), stated=[Stated(layer="top", driver="580")])
    assert "there is no CUDA in the image" in fault
