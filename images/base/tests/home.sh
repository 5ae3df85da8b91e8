#!/bin/bash
# The home directory is the user's: nothing in it belongs to root, or the user's programs could not write there.
set -euo pipefail
[[ $(stat -c '%u:%g %a' /home/onyxia) == '1000:100 750' ]]
foreign=$(find /home/onyxia -xdev ! -user 1000)
[[ -z $foreign ]] || { echo "not the user's: $foreign"; exit 1; }
