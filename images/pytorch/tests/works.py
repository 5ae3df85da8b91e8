#!/usr/bin/env python3
# timeout: 300
"""PyTorch finds the CUDA that it was built for, and computes without a graphics processor, too."""

import torch

assert torch.version.cuda.startswith("13."), torch.version.cuda
ones = torch.ones(64, 64)
assert torch.equal(ones @ ones, torch.full((64, 64), 64.0))
assert torch.backends.cudnn.version() >= 90000, "cuDNN is loaded without a driver"
said = ""
if not torch.cuda.is_available():
    try:
        torch.zeros(1, device="cuda")
    except (AssertionError, RuntimeError) as error:
        said = str(error)
    assert "NVIDIA" in said or "CUDA" in said, said or "a graphics processor was used"
