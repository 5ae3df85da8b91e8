"""What Python packages say of NVIDIA's software: what they require of it, and for which version of
CUDA they were built.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser

METADATA = re.compile(r"(?:.*/)?(?:site|dist)-packages/[^/]+\.dist-info/METADATA")
MODULE = re.compile(
    r"(?:.*/)?(?:site|dist)-packages/[^/]+/(?:version|python/platform/build_info)\.py"
)
"""Where frameworks keep what they were built for: PyTorch and those that are made like it in
`version.py`, TensorFlow in `build_info.py`."""
CONCERNED = re.compile(r"(?:nvidia|cuda|jax-cuda)\b.*", re.IGNORECASE)
"""Names of NVIDIA's packages, and of those that bring them along."""
_BUILT = {"cuda": "cuda", "cuda_version": "cuda", "cudnn_version": "cudnn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """An installed Python package that is NVIDIA's, or requires one of those."""

    path: str
    """Of its METADATA."""
    name: str
    version: str
    requires: tuple[str, ...] = ()
    """Its requirements (PEP 508), as it states them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """For what a framework says that it was built."""

    path: str
    """Of the module that says it."""
    cuda: str
    cudnn: str = ""


def distribution(path: str, text: str) -> Distribution | None:
    """Return the package that a METADATA file describes, if it has to do with NVIDIA's."""
    if not METADATA.fullmatch(path):
        return None
    headers = HeaderParser().parsestr(text)
    name, requires = str(headers.get("Name", "")), headers.get_all("Requires-Dist", [])
    lines = tuple(" ".join(str(line).split()) for line in requires)
    if not any(CONCERNED.fullmatch(one) for one in (name, *lines)):
        return None
    version = str(headers.get("Version", ""))
    return Distribution(path=path, name=name, version=version, requires=lines)


def built(path: str, text: str) -> Built | None:
    """Return for which CUDA a framework says that it was built; None if this file does not."""
    if not MODULE.fullmatch(path):
        return None
    stated = dict(_stated(text))
    if not stated.get("cuda"):
        return None
    return Built(path=path, cuda=stated["cuda"], cudnn=stated.get("cudnn", ""))


def _stated(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a module assigns, as far as it is written there: nothing is run."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.AnnAssign):
            targets: list[ast.expr] = [node.target]
        elif isinstance(node, ast.Assign):
            targets = node.targets
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and node.value is not None:
                yield from _told(target.id, node.value)


def _told(name: str, value: ast.expr) -> Iterator[tuple[str, str]]:
    # TensorFlow writes OrderedDict([("cuda_version", "12.5.1"), …]).
    inner = value.args[0] if isinstance(value, ast.Call) and len(value.args) == 1 else value
    try:
        literal = ast.literal_eval(inner)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return
    if isinstance(literal, str) and name in _BUILT:
        yield _BUILT[name], literal
    elif isinstance(literal, list | dict):
        pairs = literal.items() if isinstance(literal, Mapping) else literal
        for pair in pairs:
            match pair:
                case (str(key), str(word)) if key in _BUILT:
                    yield _BUILT[key], word
