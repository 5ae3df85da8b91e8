#!/bin/bash
# user: 12345:0
# read-only: /tmp /home/onyxia
# security: restricted
# timeout: 300
# A uid that nobody knows, a root that cannot be written, no network, no privileges: Julia compiles and runs.
set -euo pipefail
cd "$(mktemp -d)"
mkdir -p Probe/src
printf 'name = "Probe"\nuuid = "9f0b5d3e-5c1a-4c58-9a3b-0d8c6f0f5b11"\n' >Probe/Project.toml
echo 'module Probe; answer() = 6 * 7; end' >Probe/src/Probe.jl
[[ $(julia --startup-file=no --project=Probe -e 'using Probe; print(Probe.answer())') == 42 ]]
depot=$(julia --startup-file=no -e 'print(first(DEPOT_PATH))')
[[ -w $depot && -n $(find "$depot/compiled" -name '*.ji') ]]
