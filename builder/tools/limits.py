"""What a program may use when others say what it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Limits of one process; its children have the same."""

    seconds: int
    """Of processor time."""
    memory: int
    """Bytes of addresses."""

    def passed(self) -> str:
        """Return what to say of a program that the system ended."""
        return f"limits: {self.seconds} s of processor time, {self.memory >> 30} GiB of memory"
