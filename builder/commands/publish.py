"""`catalog publish`: stage a release in a registry."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from builder.catalog.fork import RELEASES
from builder.charts.project import open_charts, read_digests
from builder.commands.push import add_registry, given, place_of, target_of
from builder.console.text import Console
from builder.digest import sha256
from builder.errors import BuilderError, listed
from builder.execute.hold import held, looked_up, not_built
from builder.execute.project import Project, open_project
from builder.graph.tags import Tag, published
from builder.lock.encode import digest
from builder.oci.blob import blobs_of
from builder.oci.model import Descriptor
from builder.record.digests import NAME as DIGESTS
from builder.record.push import TagPolicy, push
from builder.record.said import about, about_rest
from builder.release import charts, shelf, source, stage
from builder.release.attached import Signer, attach_all, signer
from builder.release.document import Release, ReleasedSource
from builder.release.shelf import Place
from builder.release.trust import policy_of
from builder.settings import KEYLESS
from builder.share.depot import Depot
from builder.share.exchange import Sharing
from builder.share.judge import Recorded
from builder.verify import image as verify

UNBUILT, UNTESTED, UNPACKAGED = "unbuilt", "untested", "unpackaged"
SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    add_registry(parser)
    add_charts(parser)
    parser.add_argument(
        "--key",
        metavar="KEY",
        help=(
            "sign by this key, as cosign takes it, or `keyless` as an identity (default:"
            " CATALOG_SIGN_KEY, else nothing is signed)"
        ),
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=(UNBUILT, UNTESTED, UNPACKAGED),
        help=(
            "leave out images that are not built, or whose tests have not passed here, with the"
            " charts that offer them; or charts that DIR does not have as they are now; may be"
            " repeated"
        ),
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        choices=(UNTESTED,),
        help="take images whose tests have not passed here",
    )
    parser.add_argument(
        "--no-cells",
        action="store_true",
        help="leave the cells of these images out of the registry, so that forks build them",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_charts(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that say where packaged charts are, and what they were pinned to."""
    parser.add_argument(
        "--charts",
        type=Path,
        metavar="DIR",
        help="where `catalog chart package` published the charts (default: no charts)",
    )
    parser.add_argument(
        "--digests",
        type=Path,
        metavar="FILE",
        help="the file of digests that `catalog chart package` was given",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Bring images and charts to the registry by digest, with what there is to say about them, and
    the release that names them. Nothing of it is public: `catalog promote` makes it so.
    """
    given(arguments)
    project = open_project(arguments.catalog, cells=False)
    place = place_of(arguments, project.loaded, project.settings)
    by = _signer(arguments, project, console)
    with held(project):
        manifests, waiting = _images(project, arguments)
        if not manifests:
            _tell_left_out(waiting, console)
            message = "no image is left to publish: all are left out"
            raise BuilderError(message, hint="`catalog plan` and `catalog test` say what is wrong")
        if any(place.image(name)[0] == place.releases for name in manifests):
            message = f"an image is called {RELEASES}, where the registry has the releases"
            raise BuilderError(message, hint="give it another name")
        archives: list[stage.ChartArchive] = []
        if arguments.charts:
            opened = open_charts(project.loaded, read_digests(arguments.digests))
            anyway = UNPACKAGED in arguments.without
            archives, lacking = charts.archives(opened, arguments.charts, manifests, anyway=anyway)
            waiting |= lacking
        files, packed = _source(project, console)
        target = target_of(place, project)
        # By digest alone: no tag is moved.
        digests = {name: manifest.digest for name, manifest in manifests.items()}
        bare = {name: (Tag(digest, fixed=True),) for name, digest in digests.items()}
        push(project.store, manifests, target, console, TagPolicy(tags=bare))
        attached = attach_all(place, about(project, place, manifests), by)
        if not arguments.no_cells:
            _share(project, place, manifests, console)
    release = Release(
        catalog=project.loaded.catalog.name,
        moment=datetime.fromisoformat(project.lock.moment),
        lock=digest(project.lock),
        images=digests,
        tags=_tags(project, digests),
        charts={archive.name: stage.chart(place, archive) for archive in archives},
        waiting=waiting,
        source=files,
    )
    is_new = shelf.get(place, release.tag) is None
    released = shelf.put(place, release, packed)
    attached += attach_all(place, about_rest(place, released), by)
    _report(released, console, attached, is_new=is_new, as_json=arguments.json)
    return 0


def _signer(arguments: argparse.Namespace, project: Project, console: Console) -> Signer | None:
    """Return who signs; None where nobody does. What nobody could promote is told before anything
    is sent.
    """
    policy = policy_of(project.loaded, project.settings)
    key = arguments.key or project.settings.sign_key
    if not key:
        if policy:
            who = f"catalog.yaml lets nothing be made public that {policy.names} did not sign"
            console.note(f"not signed, and {who}: set CATALOG_SIGN_KEY")
        return None
    by = signer(policy.cosign, None if key == KEYLESS else key)
    is_named = policy.identities if by.public is None else by.public.hint in policy.hints
    if policy and not is_named:
        message = f"nobody whom catalog.yaml names signs by {key} (signed_by: {policy.names})"
        hint = f"name its public half there: `cosign public-key --key {key}` prints it"
        raise BuilderError(message, hint=hint if by.public else "name the identity there")
    return by


def _images(
    project: Project, arguments: argparse.Namespace
) -> tuple[dict[str, Descriptor], dict[str, str]]:
    """Return the manifests of the images of a release, and why others are left out.

    Raises:
        BuilderError: some are not built, or not tested, and are not to be left out.

    """
    manifests, why = looked_up(project)
    if why and UNBUILT not in arguments.without:
        raise not_built(why)
    waiting = {image: reason or "it is not built" for image, reason in why.items()}
    if UNTESTED in arguments.allow:
        return manifests, waiting
    results, directories = project.state / "tests", project.loaded.layer_dirs
    late = verify.untested(project.graph, manifests, project.lock, directories, results)
    if late and UNTESTED not in arguments.without:
        hint = f"run `catalog test`, or pass --without {UNTESTED}, or --allow {UNTESTED}"
        message = f"the tests of {listed(late, SHOWN)} have not passed as they are now"
        raise BuilderError(message, hint=hint)
    waiting |= dict.fromkeys(late, "its tests have not passed")
    return {name: one for name, one in manifests.items() if name not in waiting}, waiting


def _source(project: Project, console: Console) -> tuple[ReleasedSource | None, bytes]:
    """Return the files of the catalog, for forks, and what a release says of them; None and nothing
    where the catalog lies so that nobody else could read it.
    """
    try:
        gathered = source.gather(project.loaded.levels)
        data = source.pack(gathered.files)
    except BuilderError as error:
        console.note(f"no fork can extend this release: {error.message} ({error.hint})")
        return None, b""
    if gathered.ignored:
        names = listed(gathered.ignored, SHOWN)
        console.note(f"not among the files for forks, as git ignores them: {names}")
    at = ReleasedSource(digest=f"sha256:{sha256(data)}", directory=gathered.directory)
    return at, data


def _share(
    project: Project, place: Place, manifests: Mapping[str, Descriptor], console: Console
) -> None:
    """Put the cells of images into the registry, for forks; what images have there is mounted.

    Raises:
        BuilderError: they cannot be put there.

    """
    origins: dict[str, str] = {}
    cells: dict[str, None] = {}
    for name, manifest in manifests.items():
        for blob in blobs_of(project.store.read_json(manifest)):
            origins.setdefault(blob.digest, place.image(name)[0])
        cells |= dict.fromkeys(project.graph.images[name].cells)
    sharing = Sharing(project=project, depot=Depot(place=place), monitor=console, origins=origins)
    sharing.all(cells)
    if sharing.failure:
        message = f"cells cannot be put into {sharing.depot.name}: {sharing.failure}"
        raise BuilderError(message, hint="--no-cells leaves them out; forks build them then")
    recorded = Recorded.of(project)
    late = [name for name in cells if recorded.of_cell(name) is None]
    if late:
        names = listed(late, SHOWN)
        why = f"forks build {names}, as {DIGESTS} does not have what they came to"
        console.note(f"{why}: run `catalog digests --write` first")


def _tags(project: Project, digests: Mapping[str, str]) -> dict[str, str]:
    """Return the public tags of images, as `<name>:<tag>`, and the image that each names."""
    tags: dict[str, str] = {}
    for image, own in published(project.loaded, project.whole, project.lock, digests).items():
        name = image.rpartition(":")[0]
        if image in digests:
            tags |= {f"{name}:{tag.text}": image for tag in own}
    return tags


def _report(
    released: shelf.Released, console: Console, attached: int, *, is_new: bool, as_json: bool
) -> None:
    release = released.release
    if as_json:
        document = {
            "release": release.tag,
            "digest": released.digest,
            "new": is_new,
            "images": len(release.images),
            "charts": len(release.charts),
            "attached": attached,
            "waiting": dict(release.waiting),
        }
        console.json(document)
        return
    state = "staged" if is_new else "was staged before"
    console.text(f"{release.tag}  {released.digest}  ({state})")
    _tell_left_out(release.waiting, console)
    console.note(
        f"{len(release.images)} images, {len(release.charts)} charts; `catalog promote"
        f" {release.tag}` makes them public"
    )


def _tell_left_out(waiting: Mapping[str, str], console: Console) -> None:
    for name, reason in waiting.items():
        console.note(f"left out: {name}, as {reason}")
