#!/bin/bash
# timeout: 600
# user: 12345:0
# read-only: /tmp /home/onyxia
# security: restricted
# Each kind of application is served from a repository at a commit, and to nobody without the password.
set -euo pipefail
export HOME=/tmp/home PASSWORD=secret GIT_REPOSITORY=/tmp/repository ROOT_PROJECT_DIRECTORY=/tmp/project WORKSPACE_DIR=/tmp/project
mkdir -p "$HOME" /tmp/repository/{api,streamlit,dash,voila,shiny} /tmp/project
cd /tmp/repository
cat >api/main.py <<'END'
from fastapi import FastAPI

app = FastAPI()


@app.get("/twice")
def twice(x: float) -> float:
    return 2 * x
END
cat >streamlit/app.py <<'END'
import streamlit

streamlit.title("hello")
END
cat >dash/app.py <<'END'
from dash import Dash, html

app = Dash(title="hello from dash")
app.layout = html.Div("hello")
server = app.server
END
cat >voila/app.ipynb <<'END'
{"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [],
  "source": ["print('hello from', 'voila')"]}], "metadata": {"kernelspec": {"display_name": "Python 3",
  "language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
END
cat >shiny/app.py <<'END'
from shiny.express import ui

ui.h1("hello from shiny")
END
git init --quiet --initial-branch=main .
commit() { git add --all && git -c user.name=Ann -c user.email=ann@example.invalid commit --quiet --message "$1"; }
commit one
first=$(git rev-parse HEAD)
sed -i 's/2 \* x/3 * x/' api/main.py
commit two
git clone --quiet /tmp/repository /tmp/project/repository

trap 'cat /tmp/server.log' ERR
# serve PATH EXPECTED: what a page has, for who has the password and for nobody else
serve() {
  app-server >/tmp/server.log 2>&1 &
  server=$!
  for _ in {1..240}; do
    password-proxy --ready 8000 && break
    kill -0 "$server" || return 1
    sleep 0.5
  done
  [[ $(curl -sS -o /dev/null -w '%{http_code}' "localhost:8000$1") == 401 ]]
  [[ $(curl -fsS --user onyxia:secret "localhost:8000$1") == *"$2"* ]]
  kill "$server"
  wait "$server" || true
}
APP_DIRECTORY=api APP_REVISION=$first serve '/twice?x=21' 42
APP_DIRECTORY=api APP_REVISION=main serve '/twice?x=21' 63
APP_DIRECTORY=streamlit APP_KIND=streamlit serve / '<title>Streamlit'
APP_DIRECTORY=dash APP_KIND=dash serve / 'hello from dash'
APP_DIRECTORY=voila APP_KIND=voila serve / 'hello from voila'
APP_DIRECTORY=shiny APP_KIND=shiny serve / 'hello from shiny'
# shellcheck disable=SC2016
APP_KIND=command APP_COMMAND='exec python -m http.server --bind 127.0.0.1 "$PORT"' serve / 'Directory listing'
# Packages that are there already are not fetched, and what is wrong is told.
echo 'fastapi' >api/requirements.txt
commit three
APP_DIRECTORY=api APP_REVISION=main serve '/twice?x=21' 63
if said=$(APP_REVISION=nothing app-server 2>&1); then exit 1; fi
[[ $said == *"no commit, tag or branch nothing"* ]]
