#!/bin/bash
# timeout: 240
# The server finds the extension, and it starts without the network; OpenAI's interface imports.
set -euo pipefail
cd "$(mktemp -d)"
python -c 'import jupyter_ai, langchain_openai; langchain_openai.ChatOpenAI(model="m", api_key="k", base_url="http://localhost:1/v1")'
jupyter labextension list 2>&1 | tee list.txt
if grep -iE 'X +(error|disabled)|needs to be' list.txt; then exit 1; fi
grep -q jupyterlab_chat list.txt
