# shellcheck shell=bash
# Julia: a depot of the user's, which it passes over unless it is there, and no more threads than the container has processors.
without "Julia keeps no packages, or has more threads than processors"

if ! make_usable "$HOME/.julia"; then
  mkdir -p "$ONYXIA_STATE/julia"
  publish JULIA_DEPOT_PATH "$ONYXIA_STATE/julia:${JULIA_DEPOT_PATH:-}"
  say "$HOME/.julia cannot be written by user $EUID: packages of Julia are in $ONYXIA_STATE/julia, lost when the service stops"
fi

# Julia counts the processors of the machine, and does not see a limit that an engine sets as a share of time.
quota=max period=100000
if [[ -r /sys/fs/cgroup/cpu.max ]]; then
  read -r quota period </sys/fs/cgroup/cpu.max || true
elif [[ -r /sys/fs/cgroup/cpu/cpu.cfs_quota_us && -r /sys/fs/cgroup/cpu/cpu.cfs_period_us ]]; then
  read -r quota </sys/fs/cgroup/cpu/cpu.cfs_quota_us || true
  read -r period </sys/fs/cgroup/cpu/cpu.cfs_period_us || true
fi
threads=$(nproc)
# Without a limit it is `max`, or -1.
if [[ $quota =~ ^[0-9]+$ && $period =~ ^[1-9][0-9]*$ ]]; then
  limit=$(((quota + period - 1) / period))
  ((limit < 1 || limit >= threads)) || threads=$limit
fi
# What precompiles, and its linear algebra, take the first; the second is for the user's own code.
suggest JULIA_CPU_THREADS "$threads"
suggest JULIA_NUM_THREADS "$threads"
