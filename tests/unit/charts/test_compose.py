from __future__ import annotations

from pathlib import Path

import pytest

from builder.charts.compose import Composition, compose
from builder.charts.images import ImageRef, Images
from builder.charts.library import ChartLibrary
from builder.charts.load import Groups
from builder.charts.model import Environment, Group, Option, Slider, merged, walk
from builder.charts.scopes import scopes
from builder.charts.service import Probe, Service
from builder.errors import InputError

IMAGES = (ImageRef(name="r/test", tag="2"), ImageRef(name="r/test", tag="1"))
LIBRARY = ChartLibrary(directory=Path("charts"), file="charts")
IMAGE = Group(
    description="x",
    order={"service": 10},
    sections={
        "service": Option(
            options={
                "image": Option(
                    options={
                        "version": Option(role="image"),
                        "custom": Option(options={"version": Option(role="custom-image")}),
                    }
                )
            },
        ),
        "networking": Option(
            options={"service": Option(options={"port": Option(type="integer", role="port")})}
        ),
    },
)


def service(**fields: object) -> Service:
    given = {
        "title": "Test",
        "description": {"en": "For tests"},
        "image": "test",
        "icon": "https://example.org/icon.svg",
        "groups": ("image",),
        "port": 8000,
        "command": "- test",
        "probe": Probe(tcp=True),
    }
    return Service.model_validate(given | fields)


def composed(one: Service, **groups: Group) -> Composition:
    named = {"image": IMAGE, **{name.replace("_", "-"): group for name, group in groups.items()}}
    return compose(
        "test",
        one.model_copy(update={"groups": tuple(named)}),
        Groups(groups=named, bundles={}),
        Images(own=IMAGES),
        LIBRARY,
    )


def option(composition: Composition, path: str) -> Option:
    return dict(walk(composition.options))[tuple(path.split("."))]


def test_images_and_port_are_filled_in() -> None:
    found = composed(service())
    assert option(found, "service.image.version").default == "r/test:2"
    assert option(found, "service.image.version").suggest == ("r/test:2", "r/test:1")
    assert option(found, "service.image.custom.version").default == "r/test:2"
    assert option(found, "networking.service.port").default == 8000


def test_a_section_may_be_spread_over_groups() -> None:
    first = Group(description="x", sections={"a": Option(title="A", options={"one": Option()})})
    second = Group(
        description="x", sections={"a": Option(slot="a.json", options={"two": Option()})}
    )
    found = composed(service(), first=first, second=second)
    assert list(option(found, "a").options) == ["one", "two"]
    assert (option(found, "a").title, option(found, "a").slot) == ("A", "a.json")


def test_sections_stand_in_the_order_of_the_form() -> None:
    late = Group(description="x", order={"z": 5}, sections={"z": Option(), "a": Option()})
    assert list(composed(service(), late=late).options) == ["z", "service", "networking", "a"]


def test_a_service_changes_what_groups_say() -> None:
    group = Group(
        description="x",
        sections={"a": Option(options={"b": Option(default="1", inject="user.name")})},
    )
    found = composed(service(set={"a.b": {"default": "2", "inject": None}}), group=group)
    assert option(found, "a.b").value == "2"
    assert option(found, "a.b").inject is None


def test_a_service_has_options_of_its_own() -> None:
    group = Group(description="x", sections={"a": Option(options={"b": Option()})})
    found = composed(
        service(options={"a": {"options": {"c": {"default": "1"}}}, "own": {}}), group=group
    )
    assert list(option(found, "a").options) == ["b", "c"]
    assert "own" in found.options


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a.x": {"default": "1"}}, "set: the service has no option 'a.x'"),
        ({"service.image": {"defualt": "1"}}, "set: service.image: options have no defualt"),
    ],
)
def test_what_cannot_be_changed(changes: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        composed(service(set=changes))
    assert [problem.message for problem in caught.value.problems] == [message]


def test_variables_of_groups_with_one_suffix_share_an_object() -> None:
    def mirrors(name: str, variable: str) -> Group:
        environment = Environment(kind="ConfigMap", suffix="configmaprepository")
        return Group(
            description="x",
            sections={"repository": Option(options={name: Option(variable=variable)})},
            environment=environment,
        )

    found = composed(service(), pip=mirrors("pip", "PIP"), cran=mirrors("cran", "CRAN"))
    (variables,) = found.variables
    assert variables.group == "repository"
    assert variables.options == {"PIP": ("repository", "pip"), "CRAN": ("repository", "cran")}


def test_contributions_are_in_the_order_of_groups_and_the_service_last() -> None:
    first = Group(description="x", contributes={"volumes": "a"})
    second = Group(description="x", contributes={"volumes": "b"})
    found = composed(service(contributes={"volumes": "own"}), first=first, second=second)
    (scope,) = scopes(found)
    assert scope.contributions["volumes"] == ("a", "b", "own")
    assert scope.contributions["mounts"] == ()


def test_merging_keeps_what_the_second_does_not_say() -> None:
    first = Option(title="A", default="1", options={"x": Option(default="1")})
    assert merged(first, Option()) == first
    assert merged(first, Option(title="B")).default == "1"
    assert merged(first, Option(options={"x": Option(title="X")})).options["x"] == Option(
        default="1", title="X"
    )


def test_options_of_a_workload_are_below_its_name() -> None:
    group = Group(
        description="x",
        sections={
            "size": Option(slider=Slider(min=1, max=2, range="r")),
            "on": Option(type="boolean"),
            "more": Option(options={"a": Option(when="/on"), "b": Option(unless="/else/on")}),
        },
    )
    workload = {"command": "- x", "groups": ("size",), "set": {"size": {"default": "2"}}}
    one = service(workloads={"worker": workload})
    named = {"image": IMAGE, "size": group}
    found = compose("test", one, Groups(groups=named, bundles={}), Images(own=IMAGES), LIBRARY)
    assert list(found.options) == ["service", "networking", "worker"]
    assert option(found, "worker.size").value == "2"
    slider = option(found, "worker.size").slider
    assert slider is not None
    assert slider.range == "worker-r"
    # A path from the root that leads to a section of its own leads there still.
    assert option(found, "worker.more.a").when == "/worker/on"
    assert option(found, "worker.more.b").unless == "/else/on"
    main, worker = scopes(found)
    assert (main.name, worker.name, worker.service) == ("main", "worker", "main")
    assert (main.component, worker.component) == ("", "worker")
    assert main.port == ("networking", "service", "port")
    assert worker.port is None
    assert worker.shared == ("networking", "service")


@pytest.mark.parametrize("name", ["networking", "main", "library"])
def test_a_workload_whose_name_is_taken(name: str) -> None:
    with pytest.raises(InputError, match=f"workloads: the name '{name}' is taken"):
        composed(service(workloads={name: {"command": "- x"}}))


def test_objects_once_and_for_each_workload() -> None:
    group = Group(description="x", objects=("account",), each=("pods", "policy"))
    own = Group(description="x", objects=("map",))
    one = service(
        groups=("image", "all"),
        objects=("own",),
        workloads={"worker": {"command": "- x", "groups": ("more",)}},
    )
    named = {"image": IMAGE, "all": group, "more": own}
    found = compose("test", one, Groups(groups=named, bundles={}), Images(own=IMAGES), LIBRARY)
    main, worker = scopes(found)
    assert main.objects == ("pods", "policy", "account", "own")
    assert worker.objects == ("pods", "policy", "map")
