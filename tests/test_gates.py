"""The two gates: what they test, and what they say at their end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import gates
from tests.gates import IMAGE, ROOT, SERVICE, WHOLE, closing


def report(**recorded: str) -> pytest.TestReport:
    """Return the report of a test that passed, with what it recorded."""
    return pytest.TestReport(
        nodeid="test",
        location=("test.py", 1, "test"),
        keywords={},
        outcome="passed",
        longrepr=None,
        when="call",
        user_properties=list(recorded.items()),
    )


def lines(config: pytest.Config, *reports: pytest.TestReport) -> str:
    return "\n".join(closing(reports, config))


@pytest.fixture
def config(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> pytest.Config:
    """The options of `make test`, whatever this run was started with."""
    monkeypatch.setattr(pytestconfig.option, "markexpr", "")
    monkeypatch.setattr(pytestconfig.option, "collectonly", False)
    monkeypatch.setattr(pytestconfig.option, "whole", False)
    return pytestconfig


@pytest.fixture
def whole(config: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> pytest.Config:
    """The options of `make test-all`."""
    monkeypatch.setattr(config.option, "whole", True)
    return config


def test_a_run_of_pure_tests_says_nothing_of_the_catalog(
    config: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.option, "markexpr", "not docker")
    assert lines(config, report()) == ""


def test_a_run_that_tested_no_image_says_so(config: pytest.Config) -> None:
    listed = len(gates.committed_graph().images)
    assert lines(config, report()).startswith(f"images tested: 0 of {listed}\n  not tested in")


def test_the_whole_sample_says_what_it_shows_and_what_it_leaves_out(config: pytest.Config) -> None:
    chosen = gates.committed_sample()
    services = gates.services(whole=False)
    reports = [report(**{IMAGE: name}) for name in chosen.images]
    reports += [report(**{SERVICE: name}) for name in services.chosen]
    told = lines(config, *reports)
    listed = len(gates.committed_graph().images)
    assert f"images tested: {len(chosen.images)} of {listed}: " in told
    assert "  they show " in told
    assert "not tested in this run" not in told
    assert "not launched in this run" not in told
    assert f"services launched: {len(services.chosen)} of " in told
    assert told.endswith("`make test-all` tests all that the catalog lists")
    for image in chosen.heavy:
        assert "left out as heavy" in told, image


def test_a_part_of_the_sample_says_what_is_missing(config: pytest.Config) -> None:
    first, *others = gates.committed_sample().images
    told = lines(config, report(**{IMAGE: first}))
    assert f"images tested: 1 of {len(gates.committed_graph().images)}: {first}\n" in told
    assert (f"  not tested in this run: {len(others)}: " in told) == bool(others)
    assert "they show" not in told or not others


def test_all_of_it_leaves_out_what_cannot_be_built_alone(whole: pytest.Config) -> None:
    everything = gates.committed_graph().images
    told = lines(whole, *[report(**{IMAGE: name}) for name in everything])
    assert f"images tested: {len(everything)} of {len(everything)}" in told
    assert "  they show everything" in told
    assert "make test-all" not in told
    assert "shown by the others" not in told


def test_images_that_wait_for_a_host_are_told_with_it(config: pytest.Config) -> None:
    first, *others = gates.committed_sample().images
    reports = [report(**{gates.WAITING: f"far.invalid {first}"})]
    reports += [report(**{IMAGE: name}) for name in others]
    told = lines(config, *reports)
    assert f"images tested: {len(others)} of " in told
    assert f"\n  left out, as far.invalid cannot be reached: 1: {first}\n" in told
    assert "not tested in this run" not in told


def test_services_that_wait_for_a_host_are_told_with_it(config: pytest.Config) -> None:
    first, *others = gates.services(whole=False).chosen
    reports = [report(**{gates.WAITING_SERVICE: f"far.invalid {first}"})]
    reports += [report(**{SERVICE: name}) for name in others]
    told = lines(config, *reports)
    assert f"\n  left out, as far.invalid cannot be reached: 1: {first}\n" in told
    assert "not launched in this run" not in told


def test_no_image_waits_for_a_package_registry() -> None:
    """Without one, the gate fails."""
    first, *_ = gates.committed_graph().images
    assert gates.waiting({"registry.invalid": [first]}) == {}


def test_each_debian_release_is_in_the_sample_and_an_older_one_with_one_image() -> None:
    everything, chosen = gates.committed_graph().images, gates.committed_sample().images
    releases = [everything[name].point["debian"] for name in chosen]
    older = [name for name in releases if name != releases[0]]
    assert set(releases) == {image.point["debian"] for image in everything.values()}
    assert len(older) == len(set(older))
    assert len(releases) > len(older)


def test_each_gate_chooses_its_images(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pytestconfig.option, "whole", False)
    assert gates.images(pytestconfig) == sorted(gates.committed_sample().images)
    monkeypatch.setattr(pytestconfig.option, "whole", True)
    assert gates.images(pytestconfig) == sorted(gates.committed_graph().images)


@pytest.mark.process
def test_what_is_set_up_for_all_of_it_alone_is_left_out_of_the_sample() -> None:
    argv = [sys.executable, "-m", "pytest", "-q", "-m", "", "--collect-only"]
    argv.append("tests/kind/test_entrances.py")
    sampled = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "no tests collected (" in sampled.stdout, sampled.stdout
    whole = subprocess.run([*argv, WHOLE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "test_entrances.py::" in whole.stdout


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.process
def test_the_sample_says_which_tests_it_leaves_out(processes: int) -> None:
    argv = [sys.executable, "-m", "pytest", "-q", "-m", "", f"-n{processes}"]
    argv += ["--dist=loadscope", "tests/kind/test_entrances.py", "tests/unit/test_digest.py"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "minutes to compile: tests/kind/test_entrances.py\n" in done.stdout


@pytest.mark.process
def test_pytest_s_closing_line_stays_the_last() -> None:
    argv = [sys.executable, "-m", "pytest", "-q", "-m", "", WHOLE, "tests/unit/test_digest.py"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    *_, summary, last = done.stdout.splitlines()
    assert last.partition(" ")[2].startswith("passed in "), done.stdout
    assert "what was covered of the catalog" in done.stdout
    assert summary, "the summary stands before it"


def test_continuous_integration_runs_the_sample_and_the_weekly_run_everything() -> None:
    assert "exec make test\n" in (ROOT / ".ci/run").read_text()
    workflows = Path(ROOT / ".github/workflows")
    assert ".ci/run" in (workflows / "test.yml").read_text()
    assert "make test-all" in (workflows / "weekly.yml").read_text()
