"""What charts tell of graphics processors."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from builder.charts.gpus import described, needed
from builder.charts.images import ImageRef
from builder.charts.model import Option
from builder.graph.gpu import Needs
from tests.charts.conftest import Chart

NAME = "localhost:5000/catalog/jupyter-python-gpu"
GPU = Option(description="GPUs of the service.", role="gpu")


def image(tag: str, driver: str = "", *architectures: str) -> ImageRef:
    return ImageRef(name="r/x", tag=tag, needs=Needs(driver=driver, architectures=architectures))


@pytest.fixture(scope="module")
def gpu(charts: Mapping[str, Chart]) -> Chart:
    return charts["jupyter-python-gpu"]


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ([], ""),
        ([ImageRef(name="r/x", tag="1")], ""),
        ([image("1")], ""),
        ([image("1", "580.65.06")], " The node needs an NVIDIA driver 580.65.06 or newer."),
        (
            [image("1", "580", "sm_80", "sm_90"), image("2", "580", "sm_80", "sm_90")],
            " The node needs an NVIDIA driver 580 or newer; there is code for sm_80, sm_90.",
        ),
        ([image("1", "", "sm_90")], " There is code for sm_90."),
        (
            [image("1", "580"), image("2", "", "sm_90")],
            " 1: the node needs an NVIDIA driver 580 or newer. 2: there is code for sm_90.",
        ),
    ],
)
def test_the_form_tells_what_images_need(images: list[ImageRef], said: str) -> None:
    assert described(GPU, images) == {"description": f"GPUs of the service.{said}"}


def test_templates_know_what_each_image_needs() -> None:
    assert needed([image("1", "580", "sm_80", "sm_90"), ImageRef(name="r/x", tag="2")]) == {
        "r/x:1": {"driver": "580", "architectures": "sm_80, sm_90"}
    }


def test_the_schema_has_it(gpu: Chart) -> None:
    limits = gpu.schema["properties"]["resources"]["properties"]["limits"]["properties"]
    assert (
        "py3.13-cuda13-gpu: the node needs an NVIDIA driver 580.65.06 or newer."
        in (limits["nvidia.com/gpu"]["description"])
    )


def test_the_notes_say_why_nothing_may_start(gpu: Chart) -> None:
    notes = gpu.render().notes
    assert "stays Pending" in notes
    assert "“Insufficient nvidia.com/gpu”" in notes
    assert "needs an NVIDIA driver 580.65.06 or newer" in notes
    assert "code for" not in notes, "the image says nothing of it"
    french = gpu.render({"userPreferences": {"language": "fr"}}).notes
    assert "en attente" in french
    assert "pilote NVIDIA 580.65.06 ou plus récent" in french


def test_the_notes_are_about_the_image_that_is_chosen(gpu: Chart) -> None:
    chosen = {"service": {"image": {"version": f"{NAME}:py3.13-cuda12-gpu"}}}
    notes = gpu.render(chosen).notes
    assert "NVIDIA driver 525.60.13 or newer" in notes
    assert "The image has code for sm_70, sm_90." in notes
    custom = {"service": {"image": {"custom": {"enabled": True, "version": "r/y:1"}}}}
    notes = gpu.render(custom).notes
    assert "Insufficient nvidia.com/gpu" in notes
    assert "NVIDIA driver" not in notes, "nothing is known of it"


@pytest.mark.parametrize("limits", [{"nvidia.com/gpu": "0"}, {"nvidia.com/gpu": None}])
def test_without_a_gpu_nothing_is_said_of_it(gpu: Chart, limits: dict[str, object]) -> None:
    assert "Insufficient" not in gpu.render({"resources": {"limits": limits}}).notes


def test_any_service_may_be_given_one(jupyter: Chart) -> None:
    assert "Insufficient" not in jupyter.render().notes
    asked = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    assert "with 1 free NVIDIA GPU(s)" in jupyter.render(asked).notes


def test_a_suspended_service_waits_for_nothing(gpu: Chart) -> None:
    assert "Insufficient" not in gpu.render({"global": {"suspend": True}}).notes
