# shellcheck shell=bash
# Keep the service's environment for sessions that it does not start: `kubectl exec`, `sudo -i`, RStudio.
# session.sh reads it for shells, Rprofile.site for R. It is the user's alone, and goes with the container.
without "shells and R sessions that the service does not start lack its variables"

export ONYXIA_SESSION=$ONYXIA_STATE
publish ONYXIA_SESSION "$ONYXIA_SESSION"
umask 0077
env -0 >"$ONYXIA_STATE/environment.new"
while IFS= read -r -d '' pair; do
  name=${pair%%=*}
  case $name in
    _ | PWD | OLDPWD | SHLVL | *[!A-Za-z0-9_]*) continue ;;
  esac
  value=${pair#*=}
  printf "export %s='%s'\n" "$name" "${value//\'/\'\\\'\'}"
done <"$ONYXIA_STATE/environment.new" >"$ONYXIA_STATE/environment.sh.new"
mv "$ONYXIA_STATE/environment.new" "$ONYXIA_STATE/environment"
mv "$ONYXIA_STATE/environment.sh.new" "$ONYXIA_STATE/environment.sh"
