"""Why requirements have no solution, in words for those who wrote them."""

from __future__ import annotations

from builder.errors import Problem
from builder.graph.request import Documents, Request
from builder.resolve.explain import Conflict, Conflicts, Kept, Wish, first_guess, plain
from tests.unit.resolve.test_resolve import artifact, cell

SAID = """\
  \u00d7 No solution found when resolving dependencies:
  \u2570\u2500\u25b6 Because you require app<5 and you require app>=5, we can conclude that
      your requirements are unsatisfiable.
"""
OLD = Request(cell("old"), "python", "app<5")
NEW = Request(cell("new"), "python", "app>=5")


def problems(*wishes: Wish, said: str = SAID, images: tuple[str, ...] = ()) -> list[Problem]:
    conflicts = Conflicts()
    conflicts.add(Conflict(wishes=wishes, said=said, python="3.13", images=images))
    return conflicts.problems(Documents(), ["pandas", "numpy"])


def test_the_resolver_s_drawing_and_conclusion_are_left_out() -> None:
    assert plain(SAID) == "you require app<5 and you require app>=5"


def test_a_conflict_names_both_layers_and_the_images_in_which_they_meet() -> None:
    (problem,) = problems(OLD, NEW, images=("lab", "studio"))
    assert problem.file == "new/layer.yaml"
    assert problem.message == (
        "app>=5 is incompatible with app<5 of old (old/layer.yaml); the layers meet in lab, studio"
    )


def test_a_conflict_of_different_packages_has_the_resolver_s_reason() -> None:
    other = Request(cell("other"), "python", "thing")
    (problem,) = problems(OLD, other, said="Because all versions of thing depend on app>=5")
    assert problem.message == (
        "thing is incompatible with app<5 of old (old/layer.yaml): all versions of thing depend on"
        " app>=5"
    )


def test_a_conflict_that_comes_up_at_several_points_is_told_once_with_all_images() -> None:
    conflicts = Conflicts()
    for image in ("lab", "studio", "lab"):
        conflict = Conflict(wishes=(OLD, NEW), said=SAID, python="3.13", images=(image,))
        conflicts.add(conflict)
    (problem,) = conflicts.problems(Documents(), [])
    assert problem.message.endswith("; the layers meet in lab, studio")


def test_a_conflict_with_what_is_locked_says_how_to_move_it() -> None:
    kept = Kept("base@trixie", artifact("python", "app", "7"))
    (problem,) = problems(kept, OLD)
    assert problem.message == "app<5 is incompatible with app 7, which is locked for base@trixie"
    assert problem.hint == "run `catalog lock --upgrade app`"


def test_a_package_that_does_not_exist_is_named_with_the_nearest() -> None:
    wrong = Request(cell("x"), "python", "Pandsa>=1")
    said = "Because pandsa was not found in the\n package registry and you require pandsa"
    (problem,) = problems(wrong, said=said)
    assert problem.message == "the Python index has no package 'pandsa'"
    assert problem.hint == "did you mean 'pandas'?"


def test_a_version_that_does_not_exist_has_the_resolver_s_reason() -> None:
    wrong = Request(cell("x"), "python", "app>99")
    (problem,) = problems(wrong, said="Because only app<=2 is available and you require app>99")
    assert problem.message == (
        "'app>99' has no solution on Python 3.13: only app<=2 is available and you require app>99"
    )


def test_the_first_guess_is_what_the_resolver_speaks_of() -> None:
    thing = Request(cell("x"), "python", "Thing[extra]>1; python_version > '3'")
    assert first_guess([OLD, thing], "Because thing>1 depends on x") == [thing]


def test_one_package_from_two_indexes_is_told_with_both() -> None:
    own = Request(cell("own"), "python", "app==5.*", "cpu")
    (problem,) = problems(own, OLD, images=("lab",))
    assert problem.message == (
        "app<5 comes from PyPI, unlike app==5.* of own (own/layer.yaml, from cpu); the layers meet"
        " in lab"
    )
    assert problem.hint.startswith("take it from one index")


def test_an_index_without_a_package_is_named() -> None:
    own = Request(cell("own"), "python", "app", "cpu")
    said = (
        "Because app was not found in the package registry and catalog-requirements depends on app"
    )
    (problem,) = problems(own, said=said)
    assert problem.message == "the index cpu has no package 'app'"
    assert plain(said) == "app was not found in the package registry and you require app"
