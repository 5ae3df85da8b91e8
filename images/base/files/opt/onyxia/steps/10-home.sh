# shellcheck shell=bash
# A home directory that can be written, with the files that every home begins with.
without "programs may fail to keep their settings"

wanted=${HOME:-/}
[[ $wanted != / ]] || wanted=/home/onyxia
if ! make_usable "$wanted"; then
  say "$wanted cannot be written by user $EUID: the home is $ONYXIA_STATE/home, lost when the service stops;" \
    "give the volume to this user (fsGroup), or allow sudo"
  wanted=$ONYXIA_STATE/home
  mkdir -p "$wanted"
fi
export HOME=$wanted
publish HOME "$HOME"

# Each file is given once: what the user deleted does not come back, what a newer image adds does.
given=$HOME/.local/state/onyxia/skeleton
unset before
declare -A before=()
if [[ -f $given ]]; then
  while IFS= read -r path; do before[$path]=1; done <"$given"
fi
while IFS= read -r -d '' path; do
  [[ -z ${before[$path]:-} ]] || continue
  mkdir -p "${given%/*}" "$HOME/$(dirname "$path")"
  [[ -e $HOME/$path || -L $HOME/$path ]] || cp -P --preserve=mode "/etc/skel/$path" "$HOME/$path"
  printf '%s\n' "$path" >>"$given"
done < <(cd /etc/skel && find . \( -type f -o -type l \) -printf '%P\0')
