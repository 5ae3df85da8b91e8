# shellcheck shell=bash
# What is in the project directory belongs to the user, also when a volume or an earlier service made it as root.
without "some files of the project directory cannot be changed"

owner=$EUID:$(id -g)
if ((EUID == 0)); then
  owner=${USERNAME:-${PROJECT_USER:-onyxia}}:${GROUPNAME:-${PROJECT_GROUP:-users}}
  getent passwd "${owner%:*}" >/dev/null || problem "there is no user ${owner%:*}"
  getent group "${owner#*:}" >/dev/null || problem "there is no group ${owner#*:}"
  attempt "$HOME" find "$HOME" -xdev -name lost+found -prune -o -uid 0 -exec chown -h "$owner" {} +
fi
others=()
while IFS= read -r -d '' path; do
  others+=("$path")
done < <(find "$ROOT_PROJECT_DIRECTORY" -mindepth 1 -maxdepth 1 ! -name lost+found ! -user "${owner%:*}" -print0)
((${#others[@]})) || return 0
can_be_root || problem "${#others[@]} of them belong to others, and user $EUID may not change that"
attempt "$ROOT_PROJECT_DIRECTORY" as_root chown -Rh "$owner" -- "${others[@]}"
