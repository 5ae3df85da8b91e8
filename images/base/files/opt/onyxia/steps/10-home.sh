# shellcheck shell=bash
# A home directory that can be written, with the files that every home begins with.
without "programs may fail to keep their settings"

# The directory that is entered may be made anew here
cd /
wanted=${HOME:-/}
[[ $wanted == /?* ]] || wanted=/home/onyxia
if ! make_usable "$wanted"; then
  say "$wanted cannot be written by user $EUID: the home is $ONYXIA_STATE/home, lost when the service stops;" \
    "give the volume to this user (fsGroup), or allow sudo"
  wanted=$ONYXIA_STATE/home
  mkdir -p "$wanted"
fi
export HOME=$wanted
publish HOME "$HOME"

# What is mounted deep in the home has its directories made by the engine, as root
if can_be_root; then
  as_root find "$HOME" -xdev -maxdepth 3 \( -name lost+found -o -path "${WORKSPACE_DIR:-/}" \) -prune -o -type d -uid 0 \
    -exec chown "$EUID:$(id -g)" {} + 2>/dev/null || true
fi

# Each file is given once: what the user deleted does not come back, what a newer image adds does.
given=$HOME/.local/state/onyxia/skeleton
unset before
declare -A before=()
if [[ -f $given && -r $given ]]; then
  while IFS= read -r path; do before[$path]=1; done <"$given"
fi

# give PATH: copy a file of the skeleton, unless the home has it
give() {
  [[ ! -e $HOME/$1 && ! -L $HOME/$1 ]] || return 0
  mkdir -p "$HOME/$(dirname "$1")" && cp -P --preserve=mode "/etc/skel/$1" "$HOME/$1"
}

refused=()
while IFS= read -r -d '' path; do
  [[ -z ${before[$path]:-} ]] || continue
  if give "$path" 2>/dev/null; then
    { mkdir -p "${given%/*}" && printf '%s\n' "$path" >>"$given"; } 2>/dev/null || true
  else
    refused+=("$path")
  fi
done < <(cd /etc/skel && find . \( -type f -o -type l \) -printf '%P\0')
((${#refused[@]} == 0)) || problem "user $EUID cannot write ${refused[*]/#/$HOME/}"
