# shellcheck shell=sh
# For shells that the service did not start (`kubectl exec`, `sudo -i`): the environment that it runs with.
# A shell that the service started has ONYXIA_SESSION, and what its user changed since stays changed.
if [ -z "${ONYXIA_SESSION-}" ]; then
  for onyxia_kept in "/var/lib/onyxia/${SUDO_UID:-$(id -u)}" "/tmp/onyxia-${SUDO_UID:-$(id -u)}"; do
    if [ -r "$onyxia_kept/environment.sh" ]; then
      # shellcheck disable=SC1091
      . "$onyxia_kept/environment.sh"
      break
    fi
  done
  unset onyxia_kept
fi
