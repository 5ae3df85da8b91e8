"""Whether this machine has a graphics processor of NVIDIA's."""

from __future__ import annotations

from pathlib import Path

DRIVER = Path("/proc/driver/nvidia/version")
DEVICES = ("nvidiactl", "dxg")
"""Devices by which a driver is reached: on Linux, and in Windows' subsystem for it."""
WHY = "this machine has no NVIDIA graphics processor"


def has_gpu(root: Path = Path("/dev")) -> bool:
    """Tell whether a driver can be reached here."""
    return any((root / name).exists() for name in DEVICES)
