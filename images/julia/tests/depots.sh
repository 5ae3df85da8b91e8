#!/bin/bash
# timeout: 600
# The user's depot comes first and takes what he compiles; Julia's own library is there compiled.
set -euo pipefail
said=$(julia --startup-file=no -e 'using Downloads, LibGit2, Pkg; print(join(DEPOT_PATH, " "))')
[[ $said == "$HOME/.julia /usr/local/lib/julia/local/share/julia /usr/local/lib/julia/share/julia" ]] || { echo "$said" && exit 1; }
[[ -z $(find "$HOME/.julia" -name '*.ji' 2>/dev/null) ]] || { echo "Julia's own library is compiled anew" && exit 1; }
cd "$(mktemp -d)"
julia --startup-file=no -e 'using Pkg; Pkg.generate("Probe")' 2>/dev/null
echo 'module Probe; answer() = 6 * 7; end' >Probe/src/Probe.jl
[[ $(julia --startup-file=no --project=Probe -e 'using Probe; print(Probe.answer())') == 42 ]]
[[ -n $(find "$HOME/.julia/compiled" -name '*.ji') ]] || { echo "what was compiled is not in $HOME/.julia" && exit 1; }
