# shellcheck shell=bash
# A clone of GIT_REPOSITORY in the project directory. The token is never part of a URL: git asks git-credential-token for it.
without "the repository is not in the workspace"

[[ -n ${GIT_REPOSITORY:-} ]] || return 0
has git || problem "git is not installed"
url=$GIT_REPOSITORY
if [[ $url =~ ^(https?://)([^/@]*):([^/@]*)@(.*)$ ]]; then
  # A password in the URL would be kept in .git/config
  url=${BASH_REMATCH[1]}${BASH_REMATCH[2]}@${BASH_REMATCH[4]}
  export GIT_REPOSITORY=$url GIT_PERSONAL_ACCESS_TOKEN=${GIT_PERSONAL_ACCESS_TOKEN:-${BASH_REMATCH[3]}}
  publish GIT_REPOSITORY "$GIT_REPOSITORY"
  publish GIT_PERSONAL_ACCESS_TOKEN "$GIT_PERSONAL_ACCESS_TOKEN"
fi

# trust DIRECTORY: let git work in a repository of another user: an earlier service's, or the user's where root prepares it
trust() {
  ((EUID == 0)) || [[ ! -O $1 ]] || return 0
  choose_git_configuration
  git config --global --get-all safe.directory | grep -qxF "$1" || attempt safe.directory git config --global --add safe.directory "$1"
}

name=${url%/}
name=${name##*[/:]}
name=${name%.git}
[[ -n $name && $name != . && $name != .. ]] || problem "GIT_REPOSITORY names no repository"
target=$ROOT_PROJECT_DIRECTORY/$name

if [[ -e $target/.git ]]; then
  say "$target is already there and stays as it is"
  trust "$target"
  return 0
fi
! [[ -e $target ]] || rmdir "$target" 2>/dev/null || problem "$target is already there and is no clone"
# Cloned beside and renamed, so that a service killed meanwhile leaves no half of it
partial=$ROOT_PROJECT_DIRECTORY/.$name.partial
rm -rf "$partial"
trap 'report $?; rm -rf "$partial"' EXIT
export GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND=${GIT_SSH_COMMAND:-ssh -o BatchMode=yes}
attempt "$(shown "$url") could not be cloned" timeout 900 git -c http.lowSpeedLimit=1 -c http.lowSpeedTime=60 \
  clone --quiet ${GIT_BRANCH:+--branch "$GIT_BRANCH"} -- "$url" "$partial"
attempt "$target" mv "$partial" "$target"
trust "$target"
say "$(shown "$url") is in $target"
