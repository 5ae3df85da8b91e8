# shellcheck shell=sh
# For shells that the service did not start (`kubectl exec`, `sudo -i`): the environment that it runs with.
# A shell that the service started has ONYXIA_SESSION, and what its user changed since stays changed.
if [ -z "${ONYXIA_SESSION-}" ]; then
  for onyxia_kept in "/var/lib/onyxia/${SUDO_UID:-$(id -u)}" "/tmp/onyxia-${SUDO_UID:-$(id -u)}" \
    "/dev/shm/onyxia-${SUDO_UID:-$(id -u)}"; do
    if [ -r "$onyxia_kept/environment.sh" ]; then
      onyxia_home=$HOME onyxia_user=${USER-}
      # shellcheck disable=SC1091
      . "$onyxia_kept/environment.sh"
      # Root has the service's variables, and a home and a name of its own
      if [ -n "${SUDO_UID-}" ]; then
        HOME=$onyxia_home USER=$onyxia_user LOGNAME=$onyxia_user
      fi
      break
    fi
  done
  unset onyxia_kept onyxia_home onyxia_user
fi
# shellcheck source=images/base/files/opt/onyxia/root-path.sh
. /opt/onyxia/root-path.sh
