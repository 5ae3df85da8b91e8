#!/bin/bash
# user: 0
# What root runs is root's, and the image holds nothing by which somebody becomes another or reads what is not his.
set -euo pipefail
failed=0
only() {
  local what=$1 allowed=$2 actual=$3 extra
  extra=$(comm -13 <(sort -u <<<"$allowed") <(sort -u <<<"$actual"))
  [[ -z $extra ]] || { echo "$what: $extra" && failed=1; }
}

# A program with set-user-id or set-group-id, and why it may have it.
allowed=$(sed -E 's/ +#.*//' <<'LIST'
4755 root:root /usr/bin/chfn              # changes the caller's own entry, after his password, which no account here has
4755 root:root /usr/bin/chsh              # so does this
4755 root:root /usr/bin/gpasswd           # for the administrators of a group: there are none
4755 root:root /usr/bin/newgrp            # into a group of the caller's
4755 root:root /usr/bin/passwd            # the caller's own password
4755 root:root /usr/bin/su                # after a password
4755 root:root /usr/bin/sudo              # the way in which the user may become root, by a file that a service can do without
4755 root:root /usr/lib/openssh/ssh-keysign  # off unless the client's configuration turns it on
2755 root:shadow /usr/bin/chage           # shows the caller's own dates
2755 root:shadow /usr/bin/expiry          # checks the caller's own password
2755 root:shadow /usr/sbin/unix_chkpwd    # checks the caller's own password, for PAM
2755 root:shadow /sbin/unix_chkpwd        # as it is called on Debian 12
2755 root:_ssh /usr/bin/ssh-agent         # no group but its own may read its memory
LIST
)
only "set-user-id programs that nobody has justified" "$allowed" \
  "$(find / -xdev -type f -perm /6000 -printf '%m %u:%g %p\n')"

# Directories for all, from which nobody removes what is another's.
only "what everybody may write" $'1777 /tmp\n1777 /var/tmp\n1777 /run/lock\n1777 /var/lib/onyxia' \
  "$(find / -xdev -path /catalog-test -prune -o ! -type l -perm -0002 -printf '%m %p\n')"

# What root finds by PATH, by sudo's, and what the loader finds for it.
directories=$(sudo -u onyxia sudo printenv PATH | tr : '\n')
for directory in $directories; do
  only "not root's, in sudo's PATH" "" "$(find -L "$directory" -maxdepth 1 \( ! -uid 0 -o -perm /022 ! -type l \) -printf '%u %m %p\n' 2>/dev/null)"
done
only "not root's, where the loader looks" "" \
  "$(/sbin/ldconfig -v -N -X 2>/dev/null | sed -nE 's/^(\/[^:]*):.*/\1/p' | xargs -I{} find -L {} -maxdepth 1 \( ! -uid 0 -o -perm /022 ! -type l \) -printf '%u %m %p\n')"
only "not root's, in /etc" "" "$(find /etc -xdev ! -uid 0 ! -path /etc/R ! -path '/etc/R/*' ! -path '/etc/postgresql*' -printf '%u %m %p\n')"
foreign=0
IFS=: read -ra directories <<<"$PATH"
for directory in "${directories[@]}"; do
  if [[ $(stat -Lc %u "$directory" 2>/dev/null) != 0 ]]; then
    foreign=1
  elif ((foreign)); then
    echo "root's PATH has somebody else's directories before $directory: $PATH" && failed=1
  fi
done
[[ $(bash -ic 'echo "$PATH"' 2>/dev/null) == "$PATH" ]] || { echo "an interactive shell has another PATH" && failed=1; }

# A file that is a key, not one that quotes a key.
only "private keys" "$(find / -xdev -path '*/tornado/test/test.key' -o -xdev -path '*/httpolyglot/test/fixtures/server.key')" \
  "$(grep -rlsI --exclude-dir={proc,sys,dev} -m1 -- '-----BEGIN [A-Z ]*PRIVATE KEY-----' / |
    while read -r file; do [[ $(head -c 11 "$file") != '-----BEGIN ' ]] || echo "$file"; done)"
only "machine ids" "" "$(find /etc/machine-id /var/lib/dbus/machine-id -size +0 2>/dev/null || true)"
exit $failed
