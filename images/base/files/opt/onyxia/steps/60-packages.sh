# shellcheck shell=bash
# Mirrors of package indexes: PIP_REPOSITORY for pip and uv. R reads R_REPOSITORY and PACKAGE_MANAGER_URL when it starts
# (see Rprofile.site). CONDA_REPOSITORY is not used: the images hold no conda.
without "packages come from the public index"

mirror=${PIP_REPOSITORY:-}
[[ -n $mirror ]] || return 0
suggest UV_DEFAULT_INDEX "$mirror"
suggest UV_NATIVE_TLS true
has pip || return 0
# Where pip's own file cannot be written, its variables do
if ! pip config --user set global.index-url "$mirror" >/dev/null 2>&1; then
  suggest PIP_INDEX_URL "$mirror"
fi
# pip refuses an index without TLS unless its host is named
if [[ $mirror == http://* ]]; then
  host=${mirror#http://}
  host=${host%%/*}
  host=${host##*@}
  pip config --user set global.trusted-host "$host" >/dev/null 2>&1 || suggest PIP_TRUSTED_HOST "$host"
fi
