#!/usr/bin/env python3
"""Whether frameworks compute on this machine's graphics processors, and compute right.

    python3 tests/gpu/check.py [torch] [jax] [tensorflow]

It needs nothing but Python and the frameworks that it is asked for (those that are installed, if
none is named), so it runs with a machine's own PyTorch as well as in an image. Products of matrices
are compared with the processor's. Ends with 0 if all is right.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

SIZE = 512
CLOSE = 1e-4
"""Largest difference from the processor's product, relative to its largest number."""
FRAMEWORKS = ("torch", "jax", "tensorflow")


class WrongError(Exception):
    """Something is not as it should be."""


def driver() -> str:
    """Return the version of CUDA that the driver runs, as `13.0`.

    Raises:
        WrongError: there is no driver, or no graphics processor.

    """
    try:
        library = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise WrongError(f"there is no driver here: {error}") from None
    if (code := library.cuInit(0)) != 0:
        raise WrongError(f"the driver finds no graphics processor: cuInit gives {code}")
    number = ctypes.c_int()
    library.cuDriverGetVersion(ctypes.byref(number))
    return f"{number.value // 1000}.{number.value % 1000 // 10}"


def serves(there: str, built: str) -> bool:
    """Tell whether a driver for one version of CUDA runs what was built for another: a newer driver
    runs every older version, and all of one major version run on the first driver for it.
    """
    return int(there.partition(".")[0]) >= int(built.partition(".")[0])


def compare(what: str, there: Any, here: Any) -> None:
    """Compare a product with the processor's; both have `tolist`, as arrays do."""
    far, near = list(_flat(there.tolist())), list(_flat(here.tolist()))
    largest = max(abs(number) for number in near)
    off = max(abs(one - other) for one, other in zip(far, near, strict=True)) / largest
    if not off < CLOSE:
        raise WrongError(f"{what}: the products differ by {off:.2g} of their largest number")


def _flat(value: Any) -> Iterator[float]:
    if not isinstance(value, list):
        yield float(value)
        return
    for item in value:
        yield from _flat(item)


def _module(name: str) -> Any:
    return importlib.import_module(name)


def torch() -> str:
    """Check PyTorch; return what it runs on."""
    pt = _module("torch")

    if not pt.cuda.is_available():
        raise WrongError(f"PyTorch {pt.__version__} finds no graphics processor")
    _compatible("PyTorch", str(pt.version.cuda))
    pt.backends.cuda.matmul.allow_tf32 = False
    names = []
    for number in range(pt.cuda.device_count()):
        place = f"cuda:{number}"
        generator = pt.Generator().manual_seed(number)
        one, other = (pt.rand(SIZE, SIZE, generator=generator) for _ in range(2))
        compare(f"{place} float32", (one.to(place) @ other.to(place)).cpu(), one @ other)
        wide = (one.double().to(place) @ other.double().to(place)).cpu()
        compare(f"{place} float64", wide, one.double() @ other.double())
        picture, kernel = one.reshape(1, 4, 256, 256), other[:8, :36].reshape(8, 4, 3, 3)
        folded = pt.nn.functional.conv2d(picture.to(place), kernel.to(place)).cpu()
        compare(f"{place} convolution", folded, pt.nn.functional.conv2d(picture, kernel))
        major, minor = pt.cuda.get_device_capability(number)
        names.append(f"{pt.cuda.get_device_name(number)} (sm_{major}{minor})")
    return f"PyTorch {pt.__version__}, CUDA {pt.version.cuda}: {', '.join(names)}"


def jax() -> str:
    """Check JAX; return what it runs on."""
    jx, np = _module("jax"), _module("numpy")

    devices = [device for device in jx.devices() if device.platform in {"gpu", "cuda"}]
    if not devices:
        raise WrongError(f"JAX {jx.__version__} finds no graphics processor")
    product = jx.jit(lambda a, b: jx.numpy.matmul(a, b, precision="highest"))
    for device in devices:
        random = np.random.default_rng(device.id)
        one, other = (random.random((SIZE, SIZE), dtype="float32") for _ in range(2))
        there = product(jx.device_put(one, device), jx.device_put(other, device))
        compare(f"{device} float32", there, one @ other)
    return f"JAX {jx.__version__}: {', '.join(device.device_kind for device in devices)}"


def tensorflow() -> str:
    """Check TensorFlow; return what it runs on."""
    tf, np = _module("tensorflow"), _module("numpy")

    devices = tf.config.list_logical_devices("GPU")
    if not devices:
        raise WrongError(f"TensorFlow {tf.__version__} finds no graphics processor")
    built = str(tf.sysconfig.get_build_info().get("cuda_version", ""))
    _compatible("TensorFlow", built)
    tf.config.experimental.enable_tensor_float_32_execution(enabled=False)
    for number, device in enumerate(devices):
        random = np.random.default_rng(number)
        one, other = (random.random((SIZE, SIZE), dtype="float32") for _ in range(2))
        with tf.device(device.name):
            there = tf.matmul(tf.constant(one), tf.constant(other)).numpy()
        compare(f"{device.name} float32", there, one @ other)
    return f"TensorFlow {tf.__version__}, CUDA {built}: {len(devices)} devices"


def _compatible(name: str, built: str) -> None:
    there = driver()
    if built and not serves(there, built):
        raise WrongError(
            f"{name} is built for CUDA {built}, and the driver runs CUDA {there}: it is too old"
        )


CHECKS: dict[str, Callable[[], str]] = {"torch": torch, "jax": jax, "tensorflow": tensorflow}


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def main(wanted: list[str]) -> int:
    """Check frameworks, those that are installed if none is named."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    names = wanted or [name for name in FRAMEWORKS if importlib.util.find_spec(name)]
    try:
        say(f"driver: CUDA {driver()}")
    except WrongError as error:
        say(f"FAILED driver: {error}")
        return 1
    if not names:
        say(f"FAILED: none of {', '.join(FRAMEWORKS)} is installed here")
        return 1
    failed = 0
    for name in names:
        try:
            say(f"ok {CHECKS[name]()}")
        except (WrongError, ImportError, KeyError) as error:
            say(f"FAILED {name}: {error}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
