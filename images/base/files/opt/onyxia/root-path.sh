# shellcheck shell=sh
# Root finds the system's programs first: directories of PATH in which somebody else can put a program come last.
if [ "$(id -u)" = 0 ]; then
  onyxia_first='' onyxia_last='' onyxia_left=$PATH:
  while [ -n "$onyxia_left" ]; do
    onyxia_directory=${onyxia_left%%:*} onyxia_left=${onyxia_left#*:}
    if [ -n "$(find -L "$onyxia_directory" -maxdepth 0 -uid 0 ! -perm /022 2>/dev/null)" ]; then
      onyxia_first=$onyxia_first:$onyxia_directory
    else
      onyxia_last=$onyxia_last:$onyxia_directory
    fi
  done
  PATH=$onyxia_first$onyxia_last
  PATH=${PATH#:}
  unset onyxia_first onyxia_last onyxia_left onyxia_directory
fi
