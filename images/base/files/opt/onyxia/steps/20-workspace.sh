# shellcheck shell=bash
# Directories for the user's work and for the project.
without "the service starts in another directory"

# The directory that is entered may be made anew here
cd /
wanted=${WORKSPACE_DIR:-$HOME/work}
[[ $wanted == /* ]] || wanted=$HOME/$wanted
workspace=
for candidate in "$wanted" "$HOME/work" "$HOME/workspace"; do
  if make_usable "$candidate"; then
    workspace=$candidate
    break
  fi
done
[[ -n $workspace ]] || problem "user $EUID can write neither $wanted nor $HOME"
[[ $workspace == "$wanted" ]] || say "$wanted cannot be written by user $EUID: the workspace is $workspace;" \
  "give the volume to this user (fsGroup), or allow sudo"
publish WORKSPACE_DIR "$workspace"

project=${ROOT_PROJECT_DIRECTORY:-$workspace}
[[ $project == /* ]] || project=$workspace/$project
if ! make_usable "$project"; then
  [[ $project == "${WORKSPACE_DIR:-}" ]] || say "$project cannot be written by user $EUID: the project directory is $workspace"
  project=$workspace
fi
publish ROOT_PROJECT_DIRECTORY "$project"
