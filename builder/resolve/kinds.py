"""The kinds of artifact: to add one is to write a module and to name it here."""

from __future__ import annotations

from collections.abc import Mapping

from builder.resolve import archive, debian, npm, python
from builder.resolve.task import Resolver

# In the order in which they are resolved: a later kind may use what an earlier one found (npm runs
# on a wheel's Node.js).
RESOLVERS: Mapping[str, Resolver] = {
    "deb": debian.resolve,
    "python": python.resolve,
    "wheel": python.unpacked,
    "npm": npm.resolve,
    "archive": archive.resolve,
}
