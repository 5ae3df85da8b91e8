"""How images stand: what follows from their versions, what to use instead, and what a day makes of
it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from builder.catalog.standing import ACTIVE, Standing, summary
from builder.graph.ends import warnings
from builder.graph.tags import default_versions
from builder.render.config import image_config, lifecycle
from tests.unit.graph.versions import CATALOG, loaded

BEFORE, ON, AFTER = date(2027, 10, 30), date(2027, 10, 31), date(2027, 11, 1)


def test_an_image_has_the_worst_status_and_the_first_end(tmp_path: Path) -> None:
    _, whole = loaded(tmp_path)
    standing = {name: image.standing for name, image in whole.images.items()}
    assert standing["python:py3.13"] == ACTIVE
    assert standing["base:bookworm"] == Standing(eol="2028-06-30", successor="base:trixie")
    assert standing["python:py3.11"] == Standing(
        status="maintenance", eol="2027-10-31", successor="python:py3.13"
    )
    assert standing["python:py3.15"].status == "preview"
    assert standing["python:py3.14"].yanked == "its ssl is broken"


def test_a_successor_is_an_image_that_exists_though_other_axes_move(tmp_path: Path) -> None:
    _, whole = loaded(tmp_path)
    # Python 3.13 exists on another Debian only.
    assert whole.images["python:py3.11"].standing.successor == "python:py3.13"
    assert whole.images["python:py3.14"].standing.successor == "python:py3.13"
    assert whole.images["old:py3.13"].standing.successor == "python:py3.13"
    # Nothing is named for a preview.
    assert whole.images["python:py3.15"].standing.successor == ""


def test_what_is_no_default_itself_is_nobody_s_successor(tmp_path: Path) -> None:
    _, whole = loaded(tmp_path, CATALOG.replace('successor: "3.13"', 'successor: "3.15"'))
    assert whole.images["python:py3.11"].standing.successor == ""


def test_the_default_is_the_first_that_is_no_preview_and_not_yanked(tmp_path: Path) -> None:
    _, whole = loaded(tmp_path)
    assert default_versions(whole) == {
        "base": "base:trixie",
        "python": "python:py3.13",
        "old": "old:py3.13",
    }


def test_an_end_is_past_from_its_day_on() -> None:
    standing = Standing(eol="2027-10-31")
    assert [standing.ended(day) for day in (BEFORE, ON, AFTER)] == [False, True, True]
    assert not ACTIVE.ended(AFTER)


def test_a_summary_says_whether_an_end_is_past_only_of_a_day() -> None:
    standing = Standing(status="maintenance", eol="2027-10-31", successor="a:2")
    assert summary(standing) == "maintenance, end of life on 2027-10-31, use a:2"
    assert summary(standing, BEFORE) == "maintenance, end of life on 2027-10-31, use a:2"
    assert summary(standing, AFTER) == "maintenance, end of life was 2027-10-31, use a:2"
    assert summary(Standing(yanked="it leaks", successor="a:2")) == "yanked: it leaks, use a:2"
    assert summary(ACTIVE, AFTER) == ""


def test_a_default_that_is_past_its_end_is_told_with_what_to_do(tmp_path: Path) -> None:
    known, whole = loaded(tmp_path)
    assert warnings(known, whole, date(2025, 1, 1)) == []
    (problem,) = warnings(known, whole, AFTER)
    assert (problem.line, problem.column) == (16, 32)
    assert problem.message == (
        "this end of life is past, and people who choose nothing get old:py3.13"
    )
    assert problem.hint == "name a successor, or `yanked` with a reason"


def test_a_version_that_comes_first_and_is_past_its_end(tmp_path: Path) -> None:
    catalog = CATALOG.replace(
        '"3.13": {when: {debian: trixie}}',
        '"3.13": {when: {debian: trixie}, eol: 2020-01-01, successor: "3.12"}\n'
        '      "3.12": {when: {debian: trixie}}',
    )
    known, whole = loaded(tmp_path, catalog)
    (first, *_) = warnings(known, whole, date(2025, 1, 1))
    assert first.message.endswith("people who choose nothing get python:py3.13, old:py3.13")
    assert first.hint == "list the version of python:py3.12 first"


def test_an_image_that_is_yanked_as_a_whole(tmp_path: Path) -> None:
    catalog = CATALOG.replace(
        "old: {layers: [python], eol: 2026-01-01", "old: {layers: [python], yanked: it leaks"
    )
    known, whole = loaded(tmp_path, catalog)
    (problem,) = warnings(known, whole, AFTER)
    assert problem.message == "every version of 'old' is yanked, so nothing leads to it"


def test_glue_of_lifecycles_joins_where_something_is_stated_and_lies_on_top(tmp_path: Path) -> None:
    _, whole = loaded(tmp_path)
    having = {name for name, image in whole.images.items() if "told@trixie" in image.cells}
    assert having == {"python:py3.15", "python:py3.14", "old:py3.13"}
    assert whole.images["python:py3.11"].cells[-1] == "told@bookworm"
    assert not any("told" in cell for cell in whole.images["python:py3.13"].cells)


def test_labels_and_variables_say_days_and_no_judgement(tmp_path: Path) -> None:
    known, whole = loaded(tmp_path)
    config = image_config(known.catalog, whole, whole.images["python:py3.11"])
    assert {name: value for name, value in config.labels.items() if "catalog" in name} == {
        "org.catalog.image.status": "maintenance",
        "org.catalog.image.end-of-life": "2027-10-31",
        "org.catalog.image.successor": "python:py3.13",
    }
    assert config.env == {
        "CATALOG_IMAGE_STATUS": "maintenance",
        "CATALOG_IMAGE_END_OF_LIFE": "2027-10-31",
        "CATALOG_IMAGE_SUCCESSOR": "python:py3.13",
    }
    yanked = image_config(known.catalog, whole, whole.images["python:py3.14"])
    assert yanked.env["CATALOG_IMAGE_STATUS"] == "yanked"
    assert yanked.env["CATALOG_IMAGE_YANKED"] == "its ssl is broken"


def test_an_image_of_which_nothing_is_stated_says_nothing(tmp_path: Path) -> None:
    known, whole = loaded(tmp_path)
    image = whole.images["python:py3.13"]
    assert lifecycle(image) == {}
    config = image_config(known.catalog, whole, image)
    assert config.env == {}
    assert not any(name.startswith("org.catalog") for name in config.labels)
