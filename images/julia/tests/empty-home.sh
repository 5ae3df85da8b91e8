#!/bin/bash
# volume: /home/onyxia
# timeout: 300
# A volume at the home takes nothing of Julia away, and gets the user's depot, where packages stay.
set -euo pipefail
[[ -d $HOME/.julia && -w $HOME/.julia ]]
[[ $(julia --startup-file=no -e 'print(first(DEPOT_PATH))') == "$HOME/.julia" ]]
