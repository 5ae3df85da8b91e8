#!/bin/bash
# timeout: 120
# The process that runs extensions starts: it loads most of what code-server brings, and then waits for a browser.
set -euo pipefail
cd /opt/npm/vscode/node_modules/code-server/lib/vscode
export VSCODE_ESM_ENTRYPOINT=vs/workbench/api/node/extensionHostProcess VSCODE_EXTHOST_WILL_SEND_SOCKET=true
export VSCODE_NLS_CONFIG='{"userLocale": "en", "osLocale": "en", "resolvedLanguage": "en", "defaultMessagesFile": "'$PWD'/out/nls.messages.json"}'
code=0
timeout 15 /opt/npm/vscode/node_modules/node/bin/node out/bootstrap-fork.js --type=extensionHost >/tmp/host.log 2>&1 || code=$?
[[ $code == 124 ]] || { cat /tmp/host.log; exit 1; }
if grep -E 'MODULE_NOT_FOUND|Cannot find module' /tmp/host.log; then exit 1; fi
