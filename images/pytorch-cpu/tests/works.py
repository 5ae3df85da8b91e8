#!/usr/bin/env python3
# timeout: 300
"""PyTorch computes, and has no part of CUDA."""

import torch

assert torch.__version__.endswith("+cpu"), torch.__version__
assert torch.version.cuda is None
ones = torch.ones(64, 64, requires_grad=True)
product = ones @ ones
assert torch.equal(product, torch.full((64, 64), 64.0))
product.sum().backward()
assert torch.equal(ones.grad, torch.full((64, 64), 128.0))
