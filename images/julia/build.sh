#!/usr/bin/env bash
# Lays Julia out where scripts for other images look for it. It is root's: users have packages in depots of their own.
set -euo pipefail
home=/usr/local/lib/julia
install -d "$home"
tar -xzf "/artifacts/archives/julia-$AXIS_JULIA"/julia-*.tar.gz -C "$home" --strip-components=1 --no-same-owner
chmod -R go-w "$home"
# The depot for what layers above bring
install -d "$home/local/share/julia"
ln -s ../lib/julia/bin/julia /usr/local/bin/julia

# It runs, is the one that was asked for, and finds its own library without compiling it: whatever it writes would lie here.
depot=$(mktemp -d)
version=$(JULIA_DEPOT_PATH="$depot:$home/local/share/julia:$home/share/julia" julia --startup-file=no --history-file=no \
  -e 'using Downloads, LibGit2, Pkg, SHA; print(VERSION)')
[[ $version == "$AXIS_JULIA".* ]] || { echo "this is Julia $version, not $AXIS_JULIA" && exit 1; }
[[ ! -e $depot/compiled ]] || { echo "Julia compiles its own library anew: $(find "$depot/compiled" -type f)" && exit 1; }
rm -r "$depot"
