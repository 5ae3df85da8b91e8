#!/usr/bin/env python3
# timeout: 300
# env: JAX_PLATFORMS=cpu
"""JAX compiles and computes."""

import jax
import jax.numpy as jnp

ones = jnp.ones((64, 64))
assert (jax.jit(jnp.matmul)(ones, ones) == 64).all()
assert jax.grad(lambda x: x**3)(2.0) == 12.0
