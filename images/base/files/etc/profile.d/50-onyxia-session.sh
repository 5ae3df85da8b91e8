# shellcheck shell=sh
# shellcheck source=images/base/files/opt/onyxia/session.sh
. /opt/onyxia/session.sh
