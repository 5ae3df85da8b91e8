# shellcheck shell=bash
# DARK_MODE=true: a dark theme in the IDE that is there, unless the user chose another.
without "the IDE keeps its theme"

jupyter=$HOME/.jupyter/labconfig/default_setting_overrides.json
if [[ ${DARK_MODE:-} != true ]]; then
  # JupyterLab's file is ours; in the others, the user's own choice may be the same theme
  [[ ! -s $jupyter ]] || merge_json "$jupyter" '{"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Light"}}'
  return 0
fi
if has jupyter-lab; then
  merge_json "$jupyter" '{"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}}'
fi
if has code-server; then
  merge_json "$HOME/.local/share/code-server/User/settings.json" '{"workbench.colorTheme": "Default Dark Modern"}'
fi
if has rstudio-server; then
  merge_json "$HOME/.config/rstudio/rstudio-prefs.json" '{"editor_theme": "Vibrant Ink"}'
fi
