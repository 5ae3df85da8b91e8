# shellcheck shell=bash
# RStudio gives its sessions a fresh environment, without R_PROFILE: R's own site profile has to lead to ours.
without "RStudio sessions lack the service's variables, mirrors and project"

if ! has rstudio-server || ! has R; then return 0; fi
site=$(R RHOME)/etc/Rprofile.site
hook="source(\"$ONYXIA_PARTS/Rprofile.site\")"
! grep -qsF "$hook" "$site" || return 0
can_be_root || problem "$site cannot be written by user $EUID"
printf '%s\n' "$hook" | as_root tee -a "$site" >/dev/null
