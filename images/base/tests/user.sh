#!/bin/bash
# The user, the home, the workspace and what the user may do.
set -euo pipefail
check() { [[ $2 == "$3" ]] || { echo "$1: expected «$2», found «$3»"; exit 1; }; }
check user "1000 onyxia 100 users" "$(id -u) $(id -un) $(id -g) $(id -gn)"
check home "/home/onyxia /home/onyxia" "$HOME $(getent passwd onyxia | cut -d: -f6)"
check "mode of the home" "drwxr-x--- 1000:100" "$(stat -c '%A %u:%g' ~)"
check workspace "/home/onyxia/work /home/onyxia/work" "$WORKSPACE_DIR $PWD"
check "owner of the workspace" 1000:100 "$(stat -c %u:%g "$WORKSPACE_DIR")"
check "skeleton of the home" "" "$(cd /etc/skel && find . -type f | while read -r file; do [[ -e $HOME/$file ]] || echo "$file"; done)"
touch ~/probe "$WORKSPACE_DIR/probe"
check sudo 0 "$(sudo -n id -u)"
check "mode of the start script" 755 "$(stat -c %a /opt/onyxia-init.sh)"
check locale en_US.UTF-8 "$LANG"
check characters UTF-8 "$(locale charmap)"
check "messages about the locale" "" "$(bash -c 'printf "%s" é' 2>&1 >/dev/null)"
check "password's last change, the day of the build" "" "$(sudo getent shadow onyxia | cut -d: -f3)"
