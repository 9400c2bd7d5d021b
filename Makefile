# Celery Tray. `make help` lists every target.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV ?= .venv
JOBS ?= 4
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.PHONY: help run test check tests bench soak screenshots words package clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.run: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install -q -e '.[flower]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/python -m pip install -q --group dev
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install -q --group bench
	@touch $@

run: $(VENV)/.run ## set up what is missing and start Celery Tray (without a display: in the terminal)
	@packaging/system-packages.sh run
	$(BIN)/celery-tray

test: $(VENV)/.dev ## set up what is missing, then every check and every test
	@packaging/system-packages.sh test
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory tests

tests: $(VENV)/.dev ## the tests alone, JOBS of them at a time
# Hundreds of programs of ours are started: where Python writes down no bytecode, each compiles it.
	@$(BIN)/python -m compileall -q -j 0 desktop web
	$(BIN)/python -m pytest -q -m "not soak and not bench and not alone" -n $(JOBS) --dist loadgroup
	$(BIN)/python -m pytest -q -m "alone and not soak and not bench"

check: $(VENV)/.dev ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench ## measure against named peers; one JSON line each (WITH=--list tells which)
	@packaging/system-packages.sh test
	$(BIN)/python -m tests.benchmarks $(WITH)

soak: $(VENV)/.dev ## the long runs
	$(BIN)/python -m pytest -q -m soak --timeout 3600

screenshots: $(VENV)/.dev ## draw the README's pictures from a real stack in a real window
	@packaging/system-packages.sh test
	$(BIN)/python -m tests.live.screenshots

words: $(VENV)/.dev ## collect the words to translate, and compile the translations
	$(BIN)/python -m tests.house.catalogue

package: $(VENV)/.dev ## build the wheel
	$(BIN)/python -m pip wheel -q --no-deps -w dist .

clean: ## remove the environment and caches
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
