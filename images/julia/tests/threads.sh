#!/bin/bash
# timeout: 300
# As many threads as processors, and the user's own number where he gives one.
set -euo pipefail
threads=$(julia --startup-file=no -e 'print(Threads.nthreads())')
((threads >= 1 && threads <= $(nproc))) || { echo "$threads threads on $(nproc) processors" && exit 1; }
[[ $(julia --startup-file=no -e 'print(Sys.CPU_THREADS)') == "$JULIA_CPU_THREADS" ]]
[[ $(JULIA_NUM_THREADS=3 /opt/onyxia-init.sh julia --startup-file=no -e 'print(Threads.nthreads())' 2>/dev/null) == 3 ]]
