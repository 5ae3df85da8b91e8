# shellcheck shell=bash disable=SC2034  # used by those that source this
# What the set-up scripts know about this machine. Sourced by each of them.

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SETUP=$REPOSITORY/setup
# What the set-up makes and may be removed at any time: programs, build outputs, logs.
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/catalog/setup
# The version of Kubernetes stands in one place, the Go module that its programs are built from.
KUBERNETES=$(awk '$1 == "k8s.io/kubernetes" {print $2; exit}' "$SETUP/kubernetes/go.mod")
NODE_IMAGE=${CATALOG_NODE_IMAGE:-kindest/node:$KUBERNETES}
# Where Contour and kube-network-policies go; only tests of the whole catalog need them.
NETWORK=$CACHE/network
# Where cosign and a registry go; only tests of the whole catalog need them.
SIGNING=$CACHE/signing
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
export PATH=$CACHE/bin:$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '%s\n' "$*" >&2; }
step() { printf '== %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
is_debian() { # Debian 12 or newer; testing and unstable have no number
  local version
  version=$(os_release VERSION_ID)
  [ "$(os_release ID)" = debian ] && [ "${version:-99}" -ge 12 ]
}
has_systemd() { [ -d /run/systemd/system ]; }

os_release() ( # os_release FIELD: a field of os-release, empty where there is none
  # shellcheck source=/dev/null
  . /etc/os-release 2>/dev/null || return 0
  printf %s "${!1:-}"
)

engine_answers() { have docker && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
engine_has_containerd_store() { docker info --format '{{.DriverStatus}}' 2>/dev/null | grep -q io.containerd.snapshotter; }

network_programs_wanted() { cat "$SETUP"/network/go.{mod,sum} | sha256sum; }
network_programs_are_there() { [ -e "$NETWORK/made" ] && [ "$(cat "$NETWORK/made")" = "$(network_programs_wanted)" ]; }
signing_programs_wanted() { cat "$SETUP"/signing/{go.mod,go.sum,*/main.go} | sha256sum; }
signing_programs_are_there() { [ -e "$SIGNING/made" ] && [ "$(cat "$SIGNING/made")" = "$(signing_programs_wanted)" ]; }

# Some virtual machines give their root no CAP_SYS_RESOURCE. Only it may lower an OOM score, which runc is asked to do.
may_lower_oom_score() { (echo -999 >"/proc/$BASHPID/oom_score_adj") 2>/dev/null; }

python() { # python: the first Python on PATH that is new enough
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if have "$name" && "$name" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

pip_of() { # pip_of PYTHON ARGUMENT…: its pip, which trusts what this machine trusts unless it was told otherwise
  local python=$1 trusted=/etc/ssl/certs/ca-certificates.crt
  shift
  if [ -z "${PIP_CERT:-}" ] && [ -e "$trusted" ] && ! "$python" -m pip config get global.cert >/dev/null 2>&1; then
    export PIP_CERT=$trusted
  fi
  "$python" -m pip --quiet --disable-pip-version-check "$@"
}

mirror() { # mirror RELEASE…: where this machine gets one of these releases of Debian from; empty where apt has no such source
  have apt-get || return 0
  # shellcheck disable=SC2016  # apt fills these in
  apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v releases=" $* " 'index(releases, " " $1 " ") && $2 == "main" {print $3; exit}'
}

debian_mirror() { mirror "$(os_release VERSION_CODENAME)" oldstable stable testing unstable sid; }

free_port() { # free_port PORT: it, or 0 when something listens there (whoever publishes it then chooses)
  "$(python)" - "$1" <<'PYTHON'
import socket
import sys

with socket.socket() as listener:
    try:
        listener.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        print(0)
    else:
        print(sys.argv[1])
PYTHON
}

answers() { # answers URL: whether a page answers; no proxy stands in between
  "$(python)" - "$1" <<'PYTHON'
import sys
import urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    opener.open(sys.argv[1], timeout=2).close()
except OSError:
    raise SystemExit(1) from None
PYTHON
}
