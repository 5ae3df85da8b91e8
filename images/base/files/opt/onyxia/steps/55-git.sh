# shellcheck shell=bash
# The user's name in commits, and how long git remembers credentials. /etc/gitconfig has what is the same for everyone.
without "git must be configured by hand"

has git || return 0
duration=${GIT_CREDENTIALS_CACHE_DURATION:-}
[[ -n ${GIT_USER_NAME:-}${GIT_USER_MAIL:-}$duration ]] || return 0
choose_git_configuration

[[ -z ${GIT_USER_NAME:-} ]] || attempt user.name git config --global user.name "$GIT_USER_NAME"
[[ -z ${GIT_USER_MAIL:-} ]] || attempt user.email git config --global user.email "$GIT_USER_MAIL"
[[ -n $duration ]] || return 0
[[ $duration =~ ^[0-9]+$ ]] || problem "GIT_CREDENTIALS_CACHE_DURATION is not a number of seconds"
attempt credential.helper git config --global --replace-all credential.helper "cache --timeout=$duration" '^cache '
