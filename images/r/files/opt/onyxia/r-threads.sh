# shellcheck shell=sh
# As many threads as the container has processors. OpenBLAS and OpenMP count those of the machine, and do not see the
# limit that an engine sets as a share of time: 64 threads on two processors' time are slower than two.
# R's own start script reads this file, see /etc/R/ldpaths.
if [ -z "${OMP_NUM_THREADS-}" ] || [ -z "${OPENBLAS_NUM_THREADS-}" ]; then
  r_quota=max r_period=100000
  if [ -r /sys/fs/cgroup/cpu.max ]; then
    read -r r_quota r_period </sys/fs/cgroup/cpu.max || true
  elif [ -r /sys/fs/cgroup/cpu/cpu.cfs_quota_us ] && [ -r /sys/fs/cgroup/cpu/cpu.cfs_period_us ]; then
    read -r r_quota </sys/fs/cgroup/cpu/cpu.cfs_quota_us || true
    read -r r_period </sys/fs/cgroup/cpu/cpu.cfs_period_us || true
  fi
  r_threads=$(nproc)
  case $r_quota in
    '' | *[!0-9]*) ;; # without a limit: `max`, or -1
    *)
      r_quota=$(((r_quota + r_period - 1) / r_period))
      [ "$r_quota" -ge "$r_threads" ] || r_threads=$r_quota
      ;;
  esac
  : "${OMP_NUM_THREADS:=$r_threads}" "${OPENBLAS_NUM_THREADS:=$OMP_NUM_THREADS}"
  export OMP_NUM_THREADS OPENBLAS_NUM_THREADS
  unset r_quota r_period r_threads
fi
