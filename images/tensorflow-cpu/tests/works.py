#!/usr/bin/env python3
# timeout: 300
"""TensorFlow computes."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import tensorflow  # noqa: E402  after the variable

ones = tensorflow.ones((64, 64))
assert (tensorflow.matmul(ones, ones) == 64).numpy().all()
assert not tensorflow.config.list_physical_devices("GPU")
