# `make demo` and `make test` work on a machine with nothing but Python 3.11 or later.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test test-web lint bench horizons clean

demo: $(VENV)/.demo  ## train a real model under five schedules and show which is best
	$(BIN)/glidepath compare

test: $(VENV)/.test  ## run all tests
	$(BIN)/python -m pytest -n 2

test-web: $(VENV)/.web  ## run the tests of the designer page in Chromium
	$(BIN)/python -m pytest -n 2 tests/web

lint: $(VENV)/.test  ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.test  ## print every figure of docs/benchmarks.md
	$(BIN)/python benchmarks/run.py

horizons: $(VENV)/.test  ## every horizon from 1 to 20,000 as a constant under jit (over an hour)
	$(BIN)/python benchmarks/horizons.py

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Glidepath needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml
	$(PIP) -c constraints.txt -e '.[lab]'
	touch $@

$(VENV)/.test: $(VENV)/.made pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/.web: $(VENV)/.test
	$(PIP) -c constraints.txt -e '.[test-web]'
	command -v chromium > /dev/null || { apt-get update -qq && apt-get install -qq --yes chromium; }
	touch $@

clean:
	rm -rf $(VENV)
