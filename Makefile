# Everything a checkout needs: `make help` lists it. Assumed: Python 3.11 or newer with
# its venv module (Debian: python3 python3-venv) and make. Nothing else by hand.
#
# Installed is what requirements/*.txt lock; with NEWEST=1 it is the newest versions that
# pyproject.toml allows, in an environment of their own.

PYTHON ?= python3
NEWEST ?=
VENV ?= $(if $(NEWEST),.venv-newest,.venv)
INI ?= development.ini
PYTEST_ARGS ?=
COVERAGE_ARGS ?=
EXAMPLES ?= 20
BIN := $(VENV)/bin
# Each process of the tests would compile all modules: ten seconds, a server two.
unexport PYTHONDONTWRITEBYTECODE
# -P: pyramid_oauth/typing.py in the working directory is not the module `typing`.
PYBABEL := $(abspath $(BIN))/python -P -m babel.messages.frontend --quiet
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Each process of the tests keeps connections open; PostgreSQL takes 100 by default.
# A process begins with neighbouring files, whose tests share applications and sites.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal
QUICK := not slow and not browser and not repeated
OTHERS := not faults and (slow or browser or repeated)
SOURCES := pyproject.toml setup.py

.DEFAULT_GOAL := help
.PHONY: help serve test test-all test-faults clients coverage cover-others check format lint docs \
  matrix translations lock changelog mutation bench clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/.installed-runtime ## Serve the demo on http://localhost:6543
	@echo "==> Database and demo data ($(INI))"
	@$(BIN)/pyramid-oauth init $(INI)
	@echo "==> Serving; stop with Ctrl-C"
	@exec $(BIN)/pserve $(INI)

test: $(VENV)/.installed-test ## Run the quick tests (PYTEST_ARGS="-k consent" for some)
	@echo "==> Tests, without the slow ones, the browser and repetitions"
	@PYRAMID_OAUTH_TEST_EXAMPLES=$(EXAMPLES) $(PYTEST) -m "$(QUICK)" $(PYTEST_ARGS)

test-all: $(VENV)/.installed-browser clients ## Run all tests
	@echo "==> All tests"
	@$(PYTEST) -m "not faults" $(PYTEST_ARGS)
	@$(MAKE) --no-print-directory test-faults

# One after the other: each has both cores for its load, and measures times.
test-faults: $(VENV)/.installed-browser ## Break a server under load, print what it did
	@echo "==> Faults"
	@$(BIN)/python -m pytest -n 0 -m faults tests/faults $(PYTEST_ARGS)

coverage: $(VENV)/.installed-browser clients ## Run all tests, print branch coverage by area
	@echo "==> All tests, with branch coverage"
	@$(PYTEST) -m "not faults" --cov --cov-report= $(PYTEST_ARGS)
	@$(BIN)/python .ci/branches $(COVERAGE_ARGS)

# After `make test PYTEST_ARGS="--cov --cov-report="`; the two are what `coverage` is.
cover-others: $(VENV)/.installed-browser clients ## Run the tests that are not quick, add their coverage
	@echo "==> All but the quick tests, with branch coverage"
	@$(PYTEST) -m "$(OTHERS)" --cov --cov-append --cov-report= $(PYTEST_ARGS)
	@$(BIN)/python .ci/branches $(COVERAGE_ARGS)

clients: ## Install other people's clients, which tests/interop runs
	@PYTHON=$(PYTHON) .ci/clients

check: lint test docs ## Lint, quick tests and documentation: before a commit

format: $(VENV)/.installed-dev ## Format the code, mend what ruff can
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format .

lint: $(VENV)/.installed-dev ## Format, rules, spelling, containers, templates, types, floors
	@echo "==> ruff format";  $(BIN)/ruff format --check .
	@echo "==> ruff check";   $(BIN)/ruff check .
	@echo "==> codespell";    $(BIN)/codespell .
	@echo "==> hadolint";     $(BIN)/hadolint deploy/Dockerfile
	@echo "==> djlint";       $(BIN)/djlint --quiet --lint pyramid_oauth
	@echo "==> mypy --strict"; $(BIN)/mypy
	@echo "==> lint-imports"; $(BIN)/lint-imports
	@echo "==> architecture"; $(BIN)/python -m pytest -q -n 0 tests/packaging/test_architecture.py

docs: $(VENV)/.installed-docs ## Build the documentation into docs/_build/html
	@echo "==> Documentation"
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

matrix: $(VENV)/.installed-runtime ## Write what the tests cover into docs/reference/conformance.rst
	@$(BIN)/python -m docs.conformance_matrix

translations: $(VENV)/.installed-test ## Collect the texts of the pages, compile the languages
	@cd pyramid_oauth && $(PYBABEL) extract --no-location --sort-output --omit-header \
	  --mapping ../pyproject.toml --keyword _ --keyword Problem \
	  --output locale/pyramid_oauth.pot .
	@cd pyramid_oauth && $(PYBABEL) update --domain pyramid_oauth --no-fuzzy-matching \
	  --ignore-obsolete --ignore-pot-creation-date --no-wrap \
	  --input-file locale/pyramid_oauth.pot --output-dir locale
	@cd pyramid_oauth && $(PYBABEL) compile --domain pyramid_oauth --directory locale

lock: $(VENV)/.installed-dev ## Lock the newest versions in requirements/
	@$(BIN)/python .ci/lock

changelog: $(VENV)/.installed-dev ## Show what changes/ holds; VERSION=1.2.3 writes it
	@$(BIN)/towncrier build $(if $(VERSION),--yes --version $(VERSION),--draft --version next)

mutation: $(VENV)/.installed-mutation ## Mutate the code, see what no test notices (MUTANTS=...)
	@echo "==> Mutants that survive: $(BIN)/mutmut results"
	@nice -n 10 $(BIN)/mutmut run --max-children 1 $(MUTANTS)

bench: $(VENV)/.installed-bench ## Measure (see benchmarks/README.md)
	@echo "==> Benchmark"
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean: ## Remove the environment and what was built
	rm -rf .venv .venv-newest .venv-3.14 .venv-3.14-base mutants build dist docs/_build *.egg-info .coverage

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; '$(PYTHON)' is not (set PYTHON=...)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is incomplete: apt-get install python3-venv" >&2; exit 1; }
	@echo "==> Environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# One stamp for each set of extras; it is older than its lock when that changed.
# requirements/*.txt hold the build requirements too, so that nothing is chosen here.
$(VENV)/.installed-%: requirements/%.txt $(SOURCES) | $(VENV)/bin/python
ifdef NEWEST
	@echo "==> Installing the newest versions for $* into $(VENV)"
	@$(PIP) install --upgrade --upgrade-strategy eager --editable '.$(patsubst [runtime],[second-factors],[$*])'
else
	@echo "==> Installing requirements/$*.txt into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements/$*.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
endif
	@touch $@ $(VENV)/.installed-runtime
