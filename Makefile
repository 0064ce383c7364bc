# Everything a checkout needs: `make help` lists it. Assumed: Python 3.11 or newer with
# its venv module (Debian: python3 python3-venv) and make. Nothing else by hand.

PYTHON ?= python3
VENV ?= .venv
INI ?= development.ini
PYTEST_ARGS ?=
BIN := $(VENV)/bin
PYBABEL := $(abspath $(BIN))/python -m babel.messages.frontend --quiet
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := pyproject.toml setup.py

.DEFAULT_GOAL := help
.PHONY: help serve test lint docs matrix translations bench clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/.installed ## Serve the demo on http://localhost:6543
	@echo "==> Database and demo data ($(INI))"
	@$(BIN)/pyramid-oauth init $(INI)
	@echo "==> Serving; stop with Ctrl-C"
	@exec $(BIN)/pserve $(INI)

test: $(VENV)/.installed-test ## Run the tests (PYTEST_ARGS="-k consent" for some)
	@echo "==> Tests"
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev ## Format, lint, types, floors
	@echo "==> ruff format";  $(BIN)/ruff format --check .
	@echo "==> ruff check";   $(BIN)/ruff check .
	@echo "==> mypy --strict"; $(BIN)/mypy
	@echo "==> lint-imports"; $(BIN)/lint-imports

docs: $(VENV)/.installed-docs ## Build the documentation into docs/_build/html
	@echo "==> Documentation"
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

matrix: $(VENV)/.installed ## Write what the tests cover into docs/conformance.md
	@$(BIN)/python -m docs.conformance_matrix

translations: $(VENV)/.installed-test ## Collect the texts of the pages, compile the languages
	@cd pyramid_oauth && $(PYBABEL) extract --no-location --sort-output --omit-header \
	  --mapping ../pyproject.toml --keyword _ \
	  --output locale/pyramid_oauth.pot .
	@cd pyramid_oauth && $(PYBABEL) update --domain pyramid_oauth --no-fuzzy-matching \
	  --ignore-obsolete --ignore-pot-creation-date --no-wrap \
	  --input-file locale/pyramid_oauth.pot --output-dir locale
	@cd pyramid_oauth && $(PYBABEL) compile --domain pyramid_oauth --directory locale

bench: $(VENV)/.installed-bench ## Measure (see benchmarks/README.md)
	@echo "==> Benchmark"
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean: ## Remove the environment and what was built
	rm -rf $(VENV) build dist docs/_build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; '$(PYTHON)' is not (set PYTHON=...)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is incomplete: apt-get install python3-venv" >&2; exit 1; }
	@echo "==> Environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# One stamp for each set of extras; it is older than pyproject.toml when that changed.
$(VENV)/.installed: $(SOURCES) | $(VENV)/bin/python
	@echo "==> Installing pyramid_oauth into $(VENV)"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-%: $(SOURCES) | $(VENV)/bin/python
	@echo "==> Installing pyramid_oauth[$*] into $(VENV)"
	@$(PIP) install --editable '.[$*]'
	@touch $@ $(VENV)/.installed
