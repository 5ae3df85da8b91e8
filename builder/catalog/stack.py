"""What layers stand on: ancestors, axes, glue that joins, and the one order in which layers lie."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from builder.catalog.conditions import Condition, both, condition
from builder.catalog.model import Catalog, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """All layers with what follows from their `on`; made by `arrange`."""

    ancestors: Mapping[str, frozenset[str]]
    """Every layer below a layer."""
    axes: Mapping[str, tuple[str, ...]]
    """The axes of a layer and of all below it, in the order of catalog.yaml."""
    glue: tuple[str, ...]
    """Glue layers, bottom first."""
    joins: Mapping[str, Condition]
    """Where a glue layer joins: its own `when`, and that of the glue it stands on."""
    lifecycle: frozenset[str]
    """The glue that joins only images of which something is stated, and the glue on it."""
    on: Mapping[str, tuple[str, ...]]
    services: frozenset[str]
    """The layers with `service: true`."""
    last: frozenset[str]
    """The services, and the layers that stand on one."""

    def rank(self, name: str) -> tuple[bool, bool, int, str]:
        """Return the key by which layers lie in every image: ancestors first, the same layers first
        everywhere.

        A service lies last. Engines unpack a layer once for all images that are the same up to it,
        so a user who changes services, but keeps the languages, unpacks the new service only. What
        joins some images alone, because of their lifecycle, lies above even that.
        """
        return name in self.lifecycle, name in self.last, len(self.ancestors[name]), name


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The layers of an image, bottom first, and their axes."""

    layers: tuple[str, ...]
    axes: tuple[str, ...]
    joined: Mapping[str, Condition]
    """Layers that join automatically -> where they do."""
    lifecycle: frozenset[str] = frozenset()
    """Those of them that join only where something is stated of the image."""

    def at(self, holding: Collection[str]) -> tuple[str, ...]:
        """Return the layers of a point, `holding` being those of `joined` that join there."""
        return tuple(name for name in self.layers if name not in self.joined or name in holding)


def arrange(catalog: Catalog, layers: Mapping[str, Layer]) -> Layers:
    """Return what follows from the layers' `on`. Every name must be known and there must be no
    cycle.
    """
    on = {name: layer.on for name, layer in layers.items()}
    ancestors: dict[str, frozenset[str]] = {}
    for name in upward(on):
        ancestors[name] = frozenset(on[name]).union(*(ancestors[below] for below in on[name]))
    with_ancestors = {name: sorted({name, *below}) for name, below in ancestors.items()}

    services = frozenset(name for name, layer in layers.items() if layer.service)
    last = frozenset(name for name, members in with_ancestors.items() if services & set(members))
    axes: dict[str, tuple[str, ...]] = {}
    for name, members in with_ancestors.items():
        used = set().union(*(layers[member].axes for member in members))
        axes[name] = tuple(axis for axis in catalog.axes if axis in used)

    # Glue that stands on glue comes after it, and joins where both may join.
    glue = [name for name, layer in layers.items() if layer.glue]
    glue.sort(key=lambda name: (len(ancestors[name]), name))
    joins: dict[str, Condition] = {}
    lifecycle: set[str] = set()
    for name in glue:
        gluing = [layers[member] for member in with_ancestors[name] if layers[member].glue]
        joins[name] = both(condition(layer.when) for layer in gluing)
        if any(layer.lifecycle for layer in gluing):
            lifecycle.add(name)
    return Layers(
        ancestors=ancestors,
        axes=axes,
        glue=tuple(glue),
        joins=joins,
        lifecycle=frozenset(lifecycle),
        on=on,
        services=services,
        last=last,
    )


def stack(layers: Layers, asked: Iterable[str], axes: Iterable[str]) -> Stack:
    """Return the closure of the layers asked for: what they stand on, then every glue layer all of
    whose `on` is there.

    One pass over glue is enough, as glue that stands on glue comes after it. `axes` gives the order
    of axes.
    """
    wanted = set(asked)
    wanted = wanted.union(*(layers.ancestors[name] for name in wanted))
    present = set(wanted)
    for name in layers.glue:
        if present.issuperset(layers.on[name]):
            present.add(name)
    joined = [name for name in layers.glue if name in present - wanted]
    used = set().union(*(layers.axes[name] for name in present))
    return Stack(
        layers=tuple(sorted(present, key=layers.rank)),
        axes=tuple(axis for axis in axes if axis in used),
        joined={name: layers.joins[name] for name in joined},
        lifecycle=layers.lifecycle.intersection(joined),
    )


def running(layers: Layers, stacked: Iterable[str]) -> tuple[str, ...]:
    """Return the services that no other service of the stack stands on: what it would run.

    A service that stands on another one extends it, and takes its place.
    """
    own = [name for name in stacked if name in layers.services]
    return tuple(name for name in own if not any(name in layers.ancestors[other] for other in own))


def upward(on: Mapping[str, Collection[str]]) -> list[str]:
    """Return the layers so that each follows what it stands on. The layers of a cycle, and those
    that stand on one, are left out.
    """
    waiting = {name: len(set(below)) for name, below in on.items()}
    above: dict[str, list[str]] = {name: [] for name in on}
    for name, below in on.items():
        for parent in set(below):
            if parent in above:
                above[parent].append(name)
    ready = sorted(name for name, count in waiting.items() if not count)
    for name in ready:
        for child in above[name]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return ready


def cycle(on: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return the layers of one cycle, the first repeated at the end, or nothing: a stands on b
    stands on … a.
    """
    sound = set(upward(on))
    stuck = sorted(name for name in on if name not in sound)
    path: list[str] = stuck[:1]
    while path:
        after = next(
            (below for below in sorted(on[path[-1]]) if below in on and below not in sound), None
        )
        if after is None:
            stuck = [name for name in stuck if name not in path]
            path = stuck[:1]
        elif after in path:
            return (*path[path.index(after) :], after)
        else:
            path.append(after)
    return ()
