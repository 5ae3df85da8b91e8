# shellcheck shell=bash
# What users install for themselves is found wherever their home is.
without "programs in ~/.local/bin must be started by their path"

((EUID == 0)) || case :$PATH: in
  *:"$HOME/.local/bin":*) ;;
  *) publish PATH "$HOME/.local/bin:$PATH" ;;
esac
