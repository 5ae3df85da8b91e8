"""What Python packages say of NVIDIA's software."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.debian.frameworks import Built, Distribution, built, distribution

SITE = "opt/python/lib/python3.13/site-packages"
TORCH = f"{SITE}/torch/version.py"
TENSORFLOW = f"{SITE}/tensorflow/python/platform/build_info.py"
METADATA = f"{SITE}/torch-2.15.0.dist-info/METADATA"


def test_pytorch_says_its_cuda() -> None:
    text = """\
from typing import Optional

__all__ = ['__version__', 'cuda', 'hip']
__version__ = '2.15.0'
debug = False
cuda: Optional[str] = '13.2'
git_version = 'abc'
hip: Optional[str] = None
"""
    assert built(TORCH, text) == Built(path=TORCH, cuda="13.2")


def test_tensorflow_says_its_cuda_and_cudnn() -> None:
    text = """\
import collections

build_info = collections.OrderedDict([('cpu_compiler', '/usr/bin/clang'),
    ('cuda_compute_capabilities', ['sm_60', 'compute_90']), ('cuda_version', '12.5.1'),
    ('cudnn_version', '9'), ('is_cuda_build', True)])
"""
    assert built(TENSORFLOW, text) == Built(path=TENSORFLOW, cuda="12.5.1", cudnn="9")


@pytest.mark.parametrize(
    "text",
    ["cuda: Optional[str] = None\n", "cuda = open('x').read()\n", "not Python", "", "cuda = (\n"],
)
def test_a_build_for_processors_alone_says_nothing(text: str) -> None:
    assert built(TORCH, text) is None


def test_other_files_are_not_asked() -> None:
    assert built("usr/share/torch/version.py", "cuda = '13.2'\n") is None
    assert built(f"{SITE}/a/b/version.py", "cuda = '13.2'\n") is None
    assert distribution("usr/share/x-1.dist-info/METADATA", "Name: nvidia-x\n") is None


def test_what_a_package_requires_of_nvidia() -> None:
    text = """\
Metadata-Version: 2.4
Name: torch
Version: 2.15.0
Requires-Dist: numpy
Requires-Dist: nvidia-cudnn-cu13==9.26.0.51; platform_system == "Linux"

Name: not this
"""
    assert distribution(METADATA, text) == Distribution(
        path=METADATA,
        name="torch",
        version="2.15.0",
        requires=("numpy", 'nvidia-cudnn-cu13==9.26.0.51; platform_system == "Linux"'),
    )


def test_packages_that_have_nothing_to_do_with_nvidia() -> None:
    assert distribution(METADATA, "Name: numpy\nVersion: 2\nRequires-Dist: cudamail\n") is None


@given(st.text(max_size=200))
def test_whatever_a_file_holds_nothing_is_raised(text: str) -> None:
    built(TORCH, text)
    distribution(METADATA, text)
