# shellcheck shell=bash
# A name for the user: an arbitrary uid, as OpenShift gives one, has none in /etc/passwd.
without "programs that ask for the name of user $EUID fail"

name=${USERNAME:-onyxia}
if getent passwd "$EUID" >"$ONYXIA_STATE/said"; then
  name=$(cut -d: -f1 "$ONYXIA_STATE/said")
else
  group=$(id -g)
  library=$(find /usr/lib -maxdepth 2 -name libnss_wrapper.so -print -quit)
  [[ -n $library ]] || problem "user $EUID has no entry in /etc/passwd, and libnss-wrapper is not installed"
  { grep -v "^$name:" /etc/passwd || true; printf '%s:x:%s:%s::%s:/bin/bash\n' "$name" "$EUID" "$group" "$HOME"; } >"$ONYXIA_STATE/passwd"
  cp /etc/group "$ONYXIA_STATE/group"
  getent group "$group" >/dev/null || printf 'service:x:%s:\n' "$group" >>"$ONYXIA_STATE/group"
  publish NSS_WRAPPER_PASSWD "$ONYXIA_STATE/passwd"
  publish NSS_WRAPPER_GROUP "$ONYXIA_STATE/group"
  publish LD_PRELOAD "${library##*/}${LD_PRELOAD:+:$LD_PRELOAD}"
fi
suggest USER "$name"
suggest LOGNAME "$name"
