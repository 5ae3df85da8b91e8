#!/usr/bin/env python3
# timeout: 300
# env: TF_CPP_MIN_LOG_LEVEL=2
"""TensorFlow computes."""

import tensorflow as tf

ones = tf.ones((64, 64))
assert (tf.matmul(ones, ones) == 64).numpy().all()
assert not tf.config.list_physical_devices("GPU")
