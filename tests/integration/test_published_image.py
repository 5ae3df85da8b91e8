"""An image of a registry, compared with the catalog at hand by its provenance."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from builder.attest import statement
from builder.digest import canonical, sha256
from builder.execute.hold import taken
from builder.execute.project import open_project
from builder.plan import provenance
from builder.plan.key import FORMAT
from builder.record.said import documents
from builder.release.attached import Document, Signer, Subject, attach_all
from builder.release.shelf import Place as Shelf
from builder.tools.referrers import blob, listed
from builder.tools.registry import address
from tests.integration.conftest import Place
from tests.integration.registry_server import Server, registry
from tests.integration.test_push import lock, target
from tests.integration.test_signed_release import COSIGN, OURS, PUBLIC
from tests.unit.execute.stock import fill

pytestmark = pytest.mark.registries


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@dataclass(frozen=True, kw_only=True)
class Published:
    """A catalog whose image is in a registry."""

    place: Place
    at: str
    shelf: Shelf
    digest: str

    @property
    def image(self) -> str:
        return f"both@{self.digest}"

    def verify(self, *argv: str) -> tuple[int, str]:
        return self.place.run("verify", self.image, "--to", self.at, *argv)

    def said(self) -> list[statement.Statement]:
        """The statements that are attached to the image."""
        repository = self.shelf.address.repository("both")
        there = listed(self.shelf.registry, repository, self.digest).referrers
        return [
            statement.read(blob(self.shelf.registry, repository, one), "x")
            for one in there
            if one.kind == statement.MEDIA_TYPE
        ]


@pytest.fixture
def published(hub: Server, place: Place, tmp_path: Path) -> Published:
    lock(place)
    fill(open_project(place.root / "catalog.yaml"))
    place.done("build")
    at = f"{hub.address}/team/{sha256(str(tmp_path).encode())[:12]}"
    place.done("publish", "--to", at)
    shelf = Shelf(registry=target(hub, tmp_path).registry, address=address(at), jobs=2)
    project = open_project(place.root / "catalog.yaml")
    (ref,) = [ref for ref in project.store.refs("image/") if "both" in ref]
    return Published(
        place=place, at=at, shelf=shelf, digest=project.store.refs("image/")[ref].digest
    )


def test_the_provenance_holds_the_inputs_of_the_keys_and_nothing_of_the_machine(
    published: Published,
) -> None:
    (said,) = published.said()
    assert (said.subjects, said.kind) == ((published.digest,), statement.PROVENANCE)
    read = provenance.read(said.predicate, "x")
    assert (read.catalog, read.image) == ("small", "both:py3.13")
    project = open_project(published.place.root / "catalog.yaml")
    assert [one.cell for one in read.cells] == list(project.graph.images["both:py3.13"].cells)
    for one in read.cells:
        assert one.key == project.inputs[one.cell].key == sha256(canonical(one.inputs))
        assert one.inputs["format"] == FORMAT
    text = json.dumps(said.predicate)
    assert str(published.place.root) not in text
    assert published.place.site.url not in text
    assert published.at.partition("/")[0] not in text


def test_the_same_image_is_said_in_the_same_bytes(published: Published) -> None:
    project = open_project(published.place.root / "catalog.yaml")
    with taken(project) as images:
        made = [documents(project, *one, "1.0") for one in (*images.items(), *images.items())]
    assert made[0] == made[1]
    attached = {one.kind for one in published.said()}
    published.place.done("publish", "--to", published.at)
    assert {one.kind for one in published.said()} == attached


def test_what_is_there_is_not_made_again(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a bill of materials is made")

    monkeypatch.setattr("builder.record.said.bill_of", refuse)
    published.place.done("publish", "--to", published.at)


def test_a_catalog_that_means_the_same_is_told(published: Published) -> None:
    code, said = published.verify("--no-build")
    assert code == 0
    assert "the catalog at hand means the same: 5 cells" in said
    assert "catalog.yaml names nobody who has to sign" in said


def test_another_state_is_told_with_what_changed_and_its_commit(published: Published) -> None:
    root = published.place.root

    def git(*argv: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.invalid"]
        done = subprocess.run(
            ["git", "-C", root, *who, *argv], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "Then")
    commit = git("rev-parse", "HEAD")
    published.place.layer("left", (root / "images/left/layer.yaml").read_text() + "run: 'true'\n")
    lock(published.place)
    git("commit", "--quiet", "-a", "-m", "Now")
    code, said = published.verify("--no-build")
    assert code == 1
    assert "both:py3.13 was made from another state of the catalog; since then:" in said
    assert "left@" in said
    assert f"the commit {commit[:12]} has that state" in said

    git("reset", "--quiet", "--hard", commit)
    assert published.verify("--no-build")[0] == 0


def test_other_metadata_is_told(published: Published) -> None:
    file = published.place.root / "catalog.yaml"
    file.write_text(file.read_text().replace("right]", "right], description: Another one"))
    code, said = published.verify("--no-build")
    assert code == 1
    assert "both:py3.13: its metadata changed" in said


def test_a_state_that_is_nowhere_is_told(published: Published) -> None:
    root = published.place.root
    published.place.layer("left", (root / "images/left/layer.yaml").read_text() + "run: 'true'\n")
    lock(published.place)
    code, said = published.verify("--no-build")
    assert code == 1
    assert "none of the last 50 commits here has that state" in said


def test_another_catalog_is_told(published: Published) -> None:
    file = published.place.root / "catalog.yaml"
    file.write_text(file.read_text().replace("name: small", "name: other"))
    code, said = published.verify("--no-build")
    assert code == 1
    assert "the image is of the catalog 'small', and this is 'other'" in said


def test_an_image_of_which_nothing_is_said_is_told(published: Published) -> None:
    published.place.done("push", "--to", f"{published.at}/bare")
    argv = ("verify", published.image, "--to", f"{published.at}/bare", "--no-build")
    code, said = published.place.run(*argv)
    assert code == 1
    assert "has no provenance of" in said
    assert "catalog publish" in said


def test_provenance_counts_only_if_it_is_signed_where_somebody_has_to_sign(
    published: Published,
) -> None:
    root = published.place.root
    (root / "release.pub").write_bytes(OURS.public)
    with (root / "catalog.yaml").open("a") as file:
        file.write("signed_by: {keys: [release.pub]}\n")
    code, said = published.verify("--no-build")
    assert code == 1
    assert "cannot be trusted: nobody signed it" in said

    (data,) = published.said()
    text = statement.write(published.digest, data.kind, data.predicate, name="both:py3.13")
    signer = Signer(cosign=COSIGN, key="release.key", public=PUBLIC)
    document = Document(kind=statement.MEDIA_TYPE, data=text, statement=text)
    subject = Subject(
        name="both",
        repository=published.shelf.address.repository("both"),
        digest=published.digest,
        documents=lambda: [document],
    )
    attach_all(published.shelf, [subject], signer)
    code, said = published.verify("--no-build")
    assert code == 0, said


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("both@sha256:5",), "is no digest"),
        (("both@sha256:5", "left"), "one image of a registry is made again at a time"),
    ],
)
def test_words_that_name_no_image_are_told(place: Place, argv: tuple[str, ...], said: str) -> None:
    code, printed = place.run("verify", *argv)
    assert code == 2
    assert said in printed
