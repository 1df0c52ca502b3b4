# Two commands: make run, make test. Each does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

# Peers of make bench that own a package named "tests" or pin old libraries: beside the fund's own, never among them.
PEERS := optionlab py_vollib_vectorized py_vollib py_lets_be_rational

.PHONY: run install test check format crash bench clean

run: install
	@$(BIN)/fund run $(ARGS)

install: $(VENV)/.installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV) (once, a minute or two)"
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "installing what the tests need"
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.benched: $(VENV)/.tested
	@$(PIP) install --constraint constraints.txt --editable '.[bench]'
	@$(PIP) install --constraint constraints.txt --no-deps --upgrade --target $(VENV)/peers $(PEERS)
	@touch $@

test: $(VENV)/.tested
	@$(BIN)/python -m pytest -n auto --dist loadfile

crash: $(VENV)/.tested
	@$(BIN)/python -m pytest -n auto --dist loadfile -m crash

check: $(VENV)/.tested
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.tested
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.benched
	@$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build *.egg-info
