# What a person types. Every target may be run again, and is quick then.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/catalog/setup
export PATH := $(CURDIR)/.venv/bin:$(CACHE)/bin:$(PATH):/usr/sbin:/sbin

# The images of `make demo`; the first one is started.
DEMO_IMAGES ?= jupyter-python:py3.13
DEMO_PORT ?= 8888
DEMO_KIND_PORT ?= 8889
# Arguments for pytest, for example: make test PYTEST='-k lock'
PYTEST ?=

# Three processes: some wait for the engine or for a server. Tests that share images are in the same one.
EVERYTHING := -n 3 --dist loadscope --durations=40 --durations-min=10

.PHONY: help setup python demo demo-kind test test-all check lint format bench digests requirements clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## set up what is missing on this machine, for everything below; says what, before it does
	@setup/install cluster

python:
	@setup/install python

demo: ## build the demo images, start JupyterLab and print the URL to open
	@setup/install tools
	@setup/demo $(DEMO_PORT) $(DEMO_IMAGES)

demo-kind: ## go on from there: launch the demo's first image as a service on a Kubernetes cluster in Docker, print URL and password
	@setup/install node
	@setup/demo-kind $(DEMO_KIND_PORT) $(firstword $(DEMO_IMAGES))

test: setup ## all tests, on a sample of the catalog: pure, on Docker, on a Kubernetes cluster in Docker
	@pytest -m "" $(EVERYTHING) $(PYTEST)

test-all: ## the same on all that the catalog lists: every image, every service; and through real ingress controllers and network policies
	@setup/install whole
	@pytest -m "" $(EVERYTHING) --hypothesis-profile=thorough --whole $(PYTEST)

# What Python compiles is kept, as what mypy and ruff know is: it would take a tenth of the time to do it anew in each process.
test test-all check: export PYTHONDONTWRITEBYTECODE :=
check: python ## the fast half: lint, types and pure tests; a few minutes, no engine
	@pytest -n auto --dist worksteal $(PYTEST)

lint: python ## the linters alone
	@ruff check --quiet .
	@ruff format --quiet --check .
	@mypy

format: python ## let ruff format and fix what it can
	@ruff check --fix --quiet .
	@ruff format --quiet .

bench: ## build the same images by chains and by this program, and compare: time, bytes, bytes to pull again
	@setup/install tools
	@bench/run

digests: python ## write down what every built cell came to, after a change to a layer or to the lock
	@catalog digests --write

requirements: ## choose the newest Python packages that pyproject.toml allows, into requirements.lock with their hashes
	@uv pip compile --quiet --universal --generate-hashes --upgrade --all-extras --no-emit-index-url \
	  --custom-compile-command "make requirements" --output-file requirements.lock pyproject.toml

clean: ## remove what was made here: the virtual environment, caches and the set-up's build outputs (no image, no package)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis $(CACHE)/{node-*,network,signing,go,apt.log}
