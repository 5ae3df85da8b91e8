# shellcheck shell=bash
# DARK_MODE=true: a dark theme in the IDE that is there, unless the user chose one.
without "the IDE keeps its theme"

# Of the files in this directory, JupyterLab lets the user's own settings win
jupyter=$HOME/.jupyter/labconfig/default_setting_overrides.d/onyxia.json
rm -f "$jupyter"
[[ ${DARK_MODE:-} == true ]] || return 0
if has jupyter-lab; then
  merge_json "$jupyter" '{"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}}'
fi
if has code-server; then
  merge_json "$HOME/.local/share/code-server/User/settings.json" '{"workbench.colorTheme": "Default Dark Modern"}'
fi
if has rstudio-server; then
  merge_json "$HOME/.config/rstudio/rstudio-prefs.json" '{"editor_theme": "Vibrant Ink"}'
fi
