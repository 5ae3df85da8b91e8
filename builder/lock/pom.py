"""Maven's project descriptions (POM 4.0.0) as values: what an artifact depends on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

# What may be part of a path and of a file name: these texts come from untrusted documents.
WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+~-]*")
PLACEHOLDER = re.compile(r"\$\{([^${}]+)\}")
DEPTH = 30
"""How many parents, and how many nested placeholders, are followed."""
# Types of dependencies whose files have another extension: type -> (extension, classifier).
TYPES = {
    "test-jar": ("jar", "tests"),
    "java-source": ("jar", "sources"),
    "javadoc": ("jar", "javadoc"),
    "bundle": ("jar", ""),
    "ejb": ("jar", ""),
    "maven-plugin": ("jar", ""),
    "": ("jar", ""),
}


class PomError(ValueError):
    """A text is not a POM that can be read."""


@dataclass(frozen=True, slots=True, order=True)
class Module:
    """One version of a project: what a POM describes."""

    group: str
    artifact: str
    version: str

    @property
    def name(self) -> str:
        """Group and artifact, as people write them."""
        return f"{self.group}:{self.artifact}"

    @property
    def path(self) -> str:
        """The directory of its files in a repository, without the slash at its end."""
        return "/".join([*self.group.split("."), self.artifact, self.version])

    def sound(self) -> bool:
        """Tell whether the words may stand in a path."""
        parts = [*self.group.split("."), self.artifact, self.version]
        return all(WORD.fullmatch(part) for part in parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependency:
    """What a project depends on, as its POM says."""

    group: str
    artifact: str
    version: str = ""
    extension: str = "jar"
    classifier: str = ""
    scope: str = ""
    optional: bool = False
    exclusions: frozenset[tuple[str, str]] = frozenset()
    """(group, artifact) of what is left out; `*` stands for any."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What identifies a dependency, whatever its version."""
        return self.group, self.artifact, self.extension, self.classifier

    @property
    def module(self) -> Module:
        """The project depended on."""
        return Module(self.group, self.artifact, self.version)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pom:
    """What one POM by itself says about dependencies."""

    module: Module
    parent: Module | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    managed: tuple[Dependency, ...] = ()
    """Versions and exclusions for whoever depends on these; with the scope `import`, further POMs
    of that kind."""
    dependencies: tuple[Dependency, ...] = ()
    relocation: Module | None = None
    """The project under its new name; empty fields mean the same as before."""


Poms = Callable[[Module], Pom | None]
"""Gives the POM of a project; None if the repository has none."""


def parse(text: str) -> Pom:
    """Return what a POM says.

    Raises:
        PomError: the text is not XML, has a document type, or is not a POM.

    """
    root = document(text)
    if root.tag != "project":
        raise PomError(f"its root element is <{root.tag}>, not <project>")
    parent = root.find("parent")
    above = _module(parent) if parent is not None else None
    own = _module(root)
    sources = [root, *_active(root)]
    properties: dict[str, str] = {}
    for element in sources:
        properties.update(_properties(element))
    return Pom(
        module=Module(
            own.group or (above.group if above else ""),
            own.artifact,
            own.version or (above.version if above else ""),
        ),
        parent=above,
        properties=properties,
        managed=_dependencies(sources, "dependencyManagement/dependencies/dependency"),
        dependencies=_dependencies(sources, "dependencies/dependency"),
        relocation=_relocation(root),
    )


def document(text: str) -> ET.Element:
    """Return the root element of an XML document of Maven, its names without namespaces.

    Raises:
        PomError: the text is not XML, or has a document type. A document type can make a parser
        fetch files, or expand entities without end.

    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise PomError("it declares a document type, which Maven does not use")
    try:
        root = ET.fromstring(text)  # noqa: S314  entities, the danger, are refused above
    except ET.ParseError as error:
        raise PomError(f"it is not XML: {error}") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def effective(pom: Pom, poms: Poms) -> Pom:
    """Return a POM with what it inherits and imports, its placeholders filled in.

    Raises:
        PomError: a parent is missing, or there are too many.

    """
    return _effective(pom, poms, DEPTH)


def _effective(pom: Pom, poms: Poms, depth: int) -> Pom:
    chain = [pom]
    while (above := chain[-1].parent) is not None:
        parent = poms(above)
        if parent is None:
            raise PomError(f"its parent {above.name}:{above.version} is missing")
        chain.append(parent)
        if len(chain) > depth:
            raise PomError("it has too many parents")
    properties: dict[str, str] = {}
    for one in reversed(chain):
        properties |= one.properties
    properties |= _own_properties(pom)

    def filled(text: str) -> str:
        return _filled(text, properties)

    dependencies = _first_of_each(_each_filled([one.dependencies for one in chain], filled))
    managed: dict[tuple[str, str, str, str], Dependency] = {}
    for entry in _each_filled([one.managed for one in chain], filled):
        imports = entry.scope == "import"
        for rule in _imported(entry, poms, depth) if imports else (entry,):
            managed.setdefault(rule.key, rule)
    words = (pom.module.group, pom.module.artifact, pom.module.version)
    return replace(
        pom,
        module=Module(*(filled(word) for word in words)),
        properties=properties,
        managed=tuple(managed.values()),
        dependencies=tuple(_managed(entry, managed) for entry in dependencies.values()),
    )


def _imported(entry: Dependency, poms: Poms, depth: int) -> tuple[Dependency, ...]:
    """Return what the POM that an entry imports manages; nothing if it is missing."""
    pom = poms(entry.module) if depth > 0 else None
    return _effective(pom, poms, depth - 1).managed if pom else ()


def _managed(
    entry: Dependency, managed: Mapping[tuple[str, str, str, str], Dependency]
) -> Dependency:
    """Return a dependency, completed with what is managed for it."""
    rule = managed.get(entry.key)
    if rule is None:
        return entry
    return replace(
        entry,
        version=entry.version or rule.version,
        scope=entry.scope or rule.scope,
        exclusions=entry.exclusions | rule.exclusions,
        optional=entry.optional or rule.optional,
    )


def _first_of_each(
    entries: Iterator[Dependency],
) -> dict[tuple[str, str, str, str], Dependency]:
    first: dict[tuple[str, str, str, str], Dependency] = {}
    for entry in entries:
        first.setdefault(entry.key, entry)
    return first


def _each_filled(
    lists: Sequence[Sequence[Dependency]], filled: Callable[[str], str]
) -> Iterator[Dependency]:
    """Yield the dependencies of all lists, in their order, with placeholders filled in."""
    for entries in lists:
        for entry in entries:
            yield replace(
                entry,
                group=filled(entry.group),
                artifact=filled(entry.artifact),
                version=filled(entry.version),
                classifier=filled(entry.classifier),
                scope=filled(entry.scope),
            )


def _filled(text: str, properties: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled in; one that is not defined stays."""
    for _ in range(DEPTH):
        new = PLACEHOLDER.sub(lambda name: properties.get(name[1], name[0]), text)
        if new == text:
            break
        text = new
    return text


def _own_properties(pom: Pom) -> dict[str, str]:
    """Return the properties that every POM has: project.version and the like."""
    words = {
        "groupId": pom.module.group,
        "artifactId": pom.module.artifact,
        "version": pom.module.version,
    }
    own: dict[str, str] = {}
    for name, word in words.items():
        own[f"project.{name}"] = own[f"pom.{name}"] = word
    if pom.parent is not None:
        own["project.parent.version"] = own["parent.version"] = pom.parent.version
        own["project.parent.groupId"] = own["parent.groupId"] = pom.parent.group
    return own


def _text(element: ET.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _module(element: ET.Element) -> Module:
    return Module(*(_text(element, name) for name in ("groupId", "artifactId", "version")))


def _relocation(root: ET.Element) -> Module | None:
    element = root.find("distributionManagement/relocation")
    return None if element is None else _module(element)


def _active(root: ET.Element) -> Iterator[ET.Element]:
    """Yield the profiles that are active on every machine: by default, or because a property is
    not set.
    """
    for profile in root.iterfind("profiles/profile"):
        by_default = _text(profile, "activation/activeByDefault") == "true"
        unless_set = _text(profile, "activation/property/name").startswith("!")
        if by_default or unless_set:
            yield profile


def _properties(element: ET.Element) -> Iterator[tuple[str, str]]:
    for entry in element.iterfind("properties/*"):
        yield entry.tag, (entry.text or "").strip()


def _dependencies(sources: Sequence[ET.Element], path: str) -> tuple[Dependency, ...]:
    entries: list[Dependency] = []
    for source in sources:
        entries += [_dependency(element) for element in source.iterfind(path)]
    return tuple(entries)


def _dependency(element: ET.Element) -> Dependency:
    kind = _text(element, "type")
    extension, classifier = TYPES.get(kind, (kind, ""))
    exclusions = {
        (_text(one, "groupId") or "*", _text(one, "artifactId") or "*")
        for one in element.iterfind("exclusions/exclusion")
    }
    return Dependency(
        group=_text(element, "groupId"),
        artifact=_text(element, "artifactId"),
        version=_text(element, "version"),
        extension=extension,
        classifier=_text(element, "classifier") or classifier,
        scope=_text(element, "scope"),
        optional=_text(element, "optional") == "true",
        exclusions=frozenset(exclusions),
    )
