# shellcheck shell=bash
# Proxies, under both spellings (curl reads only http_proxy, others only HTTP_PROXY), also in sessions that PAM opens.
without "sessions that the service does not start know no proxy"

lines=()
for name in HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  lower=${name,,}
  value=${!name:-${!lower:-}}
  [[ -n $value ]] || continue
  suggest "$name" "$value"
  suggest "$lower" "$value"
  # pam_env has no way to write these characters
  [[ $value != *[$'"\\\n']* ]] || continue
  lines+=("$name=\"$value\"" "$lower=\"${!lower:-$value}\"")
done

if ((${#lines[@]})) && can_be_root; then
  { grep -viE '^(https?|no)_proxy=' /etc/environment || true; printf '%s\n' "${lines[@]}"; } >"$ONYXIA_STATE/environment.pam"
  attempt "/etc/environment" as_root install -m 0644 "$ONYXIA_STATE/environment.pam" /etc/environment
  rm "$ONYXIA_STATE/environment.pam"
fi
