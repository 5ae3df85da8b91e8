#!/bin/bash
# Jupyter knows R.
set -euo pipefail
jupyter kernelspec list --json | jq --exit-status '.kernelspecs.ir.spec.language == "R"'
