#!/bin/bash
# timeout: 300
# Julia is where scripts for other images look for it, and is the version that the image names.
set -euo pipefail
[[ $(readlink -f /usr/local/bin/julia) == /usr/local/lib/julia/bin/julia ]]
[[ $(command -v julia) == /usr/local/bin/julia ]]
wanted=$(jq --raw-output .point.julia /catalog-test/image.json)
version=$(julia --startup-file=no -e 'print(VERSION)')
[[ $version == "$wanted".* ]] || { echo "Julia is $version, and the image says $wanted" && exit 1; }
[[ -z $(find /usr/local/lib/julia ! -uid 0 -o -perm /022 ! -type l) ]] || { echo "not root's alone in /usr/local/lib/julia" && exit 1; }
