# shellcheck shell=bash
# Mirrors of package indexes: PIP_REPOSITORY for pip and uv. R reads R_REPOSITORY and PACKAGE_MANAGER_URL when it starts
# (see Rprofile.site). CONDA_REPOSITORY is not used: the images hold no conda.
without "packages come from the public index"

mirror=${PIP_REPOSITORY:-}
[[ -n $mirror ]] || return 0
suggest UV_DEFAULT_INDEX "$mirror"
suggest UV_NATIVE_TLS true
has pip || return 0
attempt "pip's index" pip config --user set global.index-url "$mirror"
# pip refuses an index without TLS unless its host is named
if [[ $mirror == http://* ]]; then
  host=${mirror#http://}
  host=${host%%/*}
  attempt "pip's trusted host" pip config --user set global.trusted-host "${host##*@}"
fi
