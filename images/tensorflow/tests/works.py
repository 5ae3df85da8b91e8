#!/usr/bin/env python3
# timeout: 300
"""TensorFlow was built for the CUDA that is there, and computes without a graphics processor, too."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import tensorflow  # noqa: E402  after the variable
from tensorflow.python.platform import build_info  # noqa: E402  likewise

assert build_info.build_info["cuda_version"].startswith("12."), build_info.build_info
ones = tensorflow.ones((64, 64))
assert (tensorflow.matmul(ones, ones) == 64).numpy().all()
