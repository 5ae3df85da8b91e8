# shellcheck shell=bash
# The secrets at VAULT_RELATIVE_PATH of a Vault (KV version 2) as environment variables.
without "the secrets of Vault are not set"

[[ -n ${VAULT_RELATIVE_PATH:-} ]] || return 0
[[ -n ${VAULT_ADDR:-} ]] || problem "VAULT_ADDR is not set"
answer=$ONYXIA_STATE/vault.json
service_account=/var/run/secrets/kubernetes.io/serviceaccount
# The shell's own, and those that would stop the service from starting
reserved=" BASHOPTS BASH_ENV BASH_VERSINFO ENV EUID GROUPS HOME IFS LD_PRELOAD OLDPWD PATH PPID PWD SHELLOPTS SHLVL UID "
# The kernel refuses to start a program with a longer one
longest=100000

# encoded PATH: the path with its segments URL-encoded
encoded() {
  jq -rn --arg path "$1" '$path | split("/") | map(select(. != "") | @uri) | join("/")'
}

# log_in: get a token for the service account
log_in() {
  jq -n --arg role "${VAULT_INJECTION_SA_AUTH_ROLE:-}" --rawfile jwt "$service_account/token" \
    '{role: $role, jwt: ($jwt | rtrimstr("\n"))}' >"$ONYXIA_STATE/login.json" 2>/dev/null || problem "the service account has no token"
  fetch "${VAULT_ADDR%/}/v1/auth/$(encoded "${VAULT_INJECTION_SA_AUTH_PATH:-kubernetes}")/login" "$answer" \
    "$(curl_option data-binary "@$ONYXIA_STATE/login.json")"
  VAULT_TOKEN=$(jq -er .auth.client_token "$answer") || problem "Vault gave the service account no token"
  publish VAULT_TOKEN "$VAULT_TOKEN"
}

# name_for KEY: a key as the name of a variable
name_for() {
  local name=${1//[^A-Za-z0-9_]/_}
  [[ $name != [0-9]* ]] || name=_$name
  printf '%s' "$name"
}

# set_secret KEY VALUE: publish one secret, or say why not
set_secret() {
  local key=$1 value=$2 name
  name=$(name_for "$key")
  if [[ -z $name || $reserved == *" $name "* || $name == ONYXIA_* ]]; then
    say "key $(printf %q "$key") is skipped: a variable of that name would break the service"
  elif [[ -n ${seen[$name]:-} ]]; then
    say "key $(printf %q "$key") is skipped: $(printf %q "${seen[$name]}") is already $name"
  elif ((${#value} > longest)); then
    say "key $(printf %q "$key") is skipped: its value is too long for a variable"
  else
    [[ $name == "$key" ]] || say "key $(printf %q "$key") is set as $name"
    seen[$name]=$key
    publish "$name" "$value"
  fi
}

trap 'report $?; rm -f "$answer" "$ONYXIA_STATE/login.json"' EXIT
if [[ ${VAULT_INJECTION_SA_ENABLED:-} == true && ${VAULT_INJECTION_SA_MODE:-} == jwt ]]; then
  log_in
fi
[[ -n ${VAULT_TOKEN:-} ]] || problem "VAULT_TOKEN is not set"
fetch "${VAULT_ADDR%/}/v1/$(encoded "${VAULT_MOUNT:-}/data/${VAULT_TOP_DIR:-}/$VAULT_RELATIVE_PATH")" "$answer" \
  "$(curl_option header "X-Vault-Token: $VAULT_TOKEN")"
jq -e '.data.data | type == "object"' "$answer" >/dev/null 2>&1 || problem "$VAULT_RELATIVE_PATH holds no secret of a KV version 2 engine"

unset seen
declare -A seen=()
LC_ALL=C # lengths in bytes
while IFS= read -r -d '' key && IFS= read -r -d '' kind && IFS= read -r -d '' value; do
  if [[ $kind == nul ]]; then
    say "key $(printf %q "$key") is skipped: no variable can hold its value, which has a zero byte"
  else
    set_secret "$key" "$value"
  fi
done < <(jq -j -f "$ONYXIA_PARTS/vault.jq" "$answer" 2>"$ONYXIA_STATE/said")
wait "$!" || problem "its answer is not understood ($(reason_of "$ONYXIA_STATE/said"))"
say "${#seen[@]} secrets of $VAULT_RELATIVE_PATH are set"
