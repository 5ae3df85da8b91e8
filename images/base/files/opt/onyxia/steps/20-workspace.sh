# shellcheck shell=bash
# Directories for the user's work and for the project.
without "the service starts in another directory"

workspace=${WORKSPACE_DIR:-$HOME/work}
if ! make_usable "$workspace"; then
  say "$workspace cannot be written by user $EUID: the workspace is $HOME/work;" \
    "give the volume to this user (fsGroup), or allow sudo"
  workspace=$HOME/work
  mkdir -p "$workspace"
fi
publish WORKSPACE_DIR "$workspace"

project=${ROOT_PROJECT_DIRECTORY:-$workspace}
if ! make_usable "$project"; then
  say "$project cannot be written by user $EUID: the project directory is $workspace"
  project=$workspace
fi
publish ROOT_PROJECT_DIRECTORY "$project"
