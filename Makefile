# Every target sets up what it needs. A fresh machine has Python 3.11 or newer, git and make.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
# One place for generated things.
BUILD := build

.DEFAULT_GOAL := help
.PHONY: help setup lock test demo lint types contracts format bench synth clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.tools/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Towpath needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V). Name another with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv .tools || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv" >&2; rm -rf .tools; exit 1; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: requirements.lock pyproject.toml | $(UV)
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --require-hashes --python .venv requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python .venv --editable .
	@touch $@

setup: .venv/.ready ## install the locked dependencies into .venv

lock: | $(UV) ## resolve pyproject.toml into requirements.lock again
	@$(UV) pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

test: setup ## all tests
	@$(BIN)/python -m pytest

demo: setup ## the main job on the embedded AWS: every scenario, checked
	@$(BIN)/python -m examples.demo

lint: setup ## ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: setup
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

types: setup ## pyright, strict
	@$(BIN)/pyright

contracts: setup ## import contracts
	@$(BIN)/lint-imports

synth: setup ## the CDK app into build/cdk.out, without AWS
	@rm -rf $(BUILD)/cdk.out
	@$(BIN)/python app.py

clean: ## remove everything that was generated
	rm -rf .venv .tools build cdk.out node_modules
