# shellcheck shell=bash
# What steps are written with. A step says `without CONSEQUENCE`, calls `publish` for each variable that the service gets,
# and ends at once, with one line of explanation, by calling `problem`.

# without CONSEQUENCE: what it means for the user if this step fails
without() {
  ONYXIA_CONSEQUENCE=$*
}

# say MESSAGE: print one line
say() {
  printf 'onyxia-init: %s%s\n' "${ONYXIA_STEP:+$ONYXIA_STEP: }" "$*" >&2
}

# problem REASON: end the step as failed
problem() {
  ONYXIA_REASON=$*
  exit 1
}

# report STATUS: print why a step failed and what that means; the expanded command is not shown, it may hold a secret
report() {
  (($1 == 0)) || say "failed: ${ONYXIA_REASON:-«${ONYXIA_FAILED:-?}» ended with $1}; ${ONYXIA_CONSEQUENCE:-the service starts without it}"
}

# publish NAME VALUE: set a variable in the service and in the steps that follow; not in this one, whose variables it might be
publish() {
  printf '%s=%s\0' "$1" "$2" >>"$ONYXIA_STATE/published"
}

# suggest NAME VALUE: publish a variable unless it has a value
suggest() {
  [[ -n ${!1:-} ]] || publish "$1" "$2"
}

# has COMMAND: whether a program is there
has() {
  command -v "$1" >/dev/null
}

# find_root: find out, once, what to put in front of a command that root must run
find_root() {
  if ((EUID == 0)); then
    ONYXIA_ROOT=()
  # In the foreground: with a terminal, sudo stops in the background
  elif timeout --foreground 10 sudo -n true </dev/null >/dev/null 2>&1; then
    ONYXIA_ROOT=(sudo -n --)
  else
    ONYXIA_ROOT=(false)
  fi
}

# can_be_root: whether `as_root` works
can_be_root() {
  [[ ${ONYXIA_ROOT[0]:-} != false ]]
}

# as_root COMMAND [ARGUMENT]...: run a program as root, or fail
as_root() {
  "${ONYXIA_ROOT[@]}" "$@"
}

# attempt WHAT COMMAND [ARGUMENT]...: run a program silently; if it fails, end the step with WHAT and the program's reason
attempt() {
  local what=$1
  shift
  "$@" >/dev/null 2>"$ONYXIA_STATE/said" || problem "$what ($(reason_of "$ONYXIA_STATE/said"))"
}

# reason_of FILE: the line of a program's messages that says what went wrong
reason_of() {
  local line
  line=$(grep -m1 -aiE '^(fatal|curl|error)|error:' "$1") || line=$(grep -a . "$1" | tail -n1) || line="no message"
  printf '%.300s' "${line//[[:cntrl:]]/ }"
}

# shown URL: the URL without what may be secret in it
shown() {
  local url=${1%%[?#]*}
  [[ $url != *://*@* ]] || url=${url%%://*}://${url#*@}
  printf '%s' "$url"
}

# curl_option NAME VALUE: one line of a curl configuration; by this way nothing of it stands in the process list
curl_option() {
  local value=${2//\\/\\\\}
  value=${value//\"/\\\"}
  printf '%s = "%s"\n' "$1" "${value//[[:cntrl:]]/}"
}

# fetch URL FILE [CURL-OPTION-LINE]...: download, with the certificates checked
fetch() {
  local url=$1 file=$2
  shift 2
  attempt "$(shown "$url") could not be read" curl --config - --fail --silent --show-error --location --globoff \
    --proto =http,https --connect-timeout 10 --max-time 120 --retry 3 --retry-delay 1 --output "$file" \
    < <(curl_option url "$url" && printf '%s\n' "$@")
}

# verify FILE CHECKSUM: end the step unless the file has this SHA-256 or SHA-512, written in hexadecimal
verify() {
  local sum=${2#*:} tool actual
  sum=${sum//[[:space:]]/}
  case ${#sum} in
    64) tool=sha256sum ;;
    128) tool=sha512sum ;;
    *) problem "its checksum is neither SHA-256 nor SHA-512 in hexadecimal" ;;
  esac
  actual=$("$tool" <"$1")
  actual=${actual%% *}
  [[ ${sum,,} == "$actual" ]] || problem "refused, its checksum is $actual and not ${sum,,}"
}

# run_script URL CHECKSUM [ARGUMENT]...: download a bash script, check it when there is a checksum, run it
run_script() {
  local url=$1 sum=$2 file=$ONYXIA_STATE/script status=0
  shift 2
  fetch "$url" "$file"
  [[ -z $sum ]] || verify "$file" "$sum"
  # Whatever it runs that asks a question gets the answer by default
  bash "$file" "$@" < <(printf '\n%.0s' {1..50}) || status=$?
  rm -f "$file"
  ((status == 0)) || problem "$(shown "$url") ended with $status"
  say "ran $(shown "$url")"
}

# usable DIRECTORY: whether files can be read and made in it
usable() {
  [[ -d $1 && -r $1 && -w $1 && -x $1 ]]
}

# make_usable DIRECTORY: make it exist and be ours, or return 1. Volumes are often made by root.
make_usable() {
  local parent=${1%/*} was=missing
  usable "$1" && return
  [[ ! -e $1 ]] || was=there
  if can_be_root && as_root install -d -o "$EUID" -g "$(id -g)" "$1" 2>/dev/null && usable "$1"; then
    [[ $was == missing ]] || say "$1 is now ours"
    return 0
  fi
  # An engine makes a missing working directory as root; where the directory above is ours, an empty one can be made anew.
  if usable "${parent:-/}"; then
    rmdir "$1" 2>/dev/null || true
    mkdir "$1" 2>/dev/null || true
  fi
  usable "$1"
}

# merge_json FILE OBJECT: add settings to a JSON file; those that are there win
merge_json() {
  local file=$1
  attempt "$file" mkdir -p "${file%/*}"
  [[ ! -s $file ]] || attempt "$file" cp "$file" "$ONYXIA_STATE/settings.json"
  [[ -s $file ]] || printf '{}\n' >"$ONYXIA_STATE/settings.json"
  jq --argjson new "$2" '$new * .' "$ONYXIA_STATE/settings.json" >"$ONYXIA_STATE/settings.new" 2>"$ONYXIA_STATE/said" ||
    problem "$file is not plain JSON"
  # Written into the file that is there: a link stays one, and so does a file that is mounted
  attempt "$file" cp "$ONYXIA_STATE/settings.new" "$file"
}

# choose_git_configuration: make `git config --global` work: where the user's own file cannot be written (it is mounted, or
# root's), a file of this container includes it
choose_git_configuration() {
  [[ -z ${GIT_CONFIG_GLOBAL:-} ]] || return 0
  if git config --global --replace-all onyxia.probe 1 2>/dev/null; then
    git config --global --remove-section onyxia
    return 0
  fi
  export GIT_CONFIG_GLOBAL=$ONYXIA_STATE/gitconfig
  printf '[include]\n\tpath = %s\n\tpath = %s\n' "$HOME/.config/git/config" "$HOME/.gitconfig" >"$GIT_CONFIG_GLOBAL"
  publish GIT_CONFIG_GLOBAL "$GIT_CONFIG_GLOBAL"
  say "$HOME/.gitconfig cannot be written by user $EUID: the settings are in $GIT_CONFIG_GLOBAL, which includes it"
}
