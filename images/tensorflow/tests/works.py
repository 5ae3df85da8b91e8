#!/usr/bin/env python3
# timeout: 300
# env: TF_CPP_MIN_LOG_LEVEL=2
"""TensorFlow was built for the CUDA that is there, and computes without a graphics processor."""

import tensorflow as tf
from tensorflow.python.platform import build_info

assert build_info.build_info["cuda_version"].startswith("12."), build_info.build_info
ones = tf.ones((64, 64))
assert (tf.matmul(ones, ones) == 64).numpy().all()
