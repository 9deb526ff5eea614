# Everything runs in .venv. Stamps make a second run repeat nothing. `make help` lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STORE  ?= sqlite:data/demo/fhir.sqlite
SIZE   ?= 1
STAMPS := $(VENV)/.stamps
PACKAGES := conformance terminology profiles mappers fhir_server
demo serve: export FHIR_SERVER_STORE := $(STORE)

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test lint bench soak clean

help:  ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMPS)/package  ## Virtual environment, dependencies from the lock file, R4 definitions
	@$(BIN)/python -m compileall -q $(PACKAGES)  # also where PYTHONDONTWRITEBYTECODE is set: half a second at each start
	@$(BIN)/fhir-server init

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is `$(PYTHON) --version 2>&1`."; \
	  echo "Name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dependencies: requirements.lock $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(STAMPS)/package: pyproject.toml $(STAMPS)/dependencies
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## The main job on synthetic claims: generate, map, validate, store, show a health book
	$(BIN)/fhir-server demo

serve: setup  ## Serve the store of the demo on http://127.0.0.1:8080/fhir
	$(BIN)/fhir-server serve

test: setup  ## All tests
	$(BIN)/pytest -q

lint: setup  ## Format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup  ## Measure; SIZE=2 doubles the work. Writes benchmarks/results/latest.json
	$(BIN)/python -m benchmarks --size $(SIZE)

soak: setup  ## The property tests with many more examples, and all tests that are too long for `make test`
	HYPOTHESIS_PROFILE=soak $(BIN)/pytest -q -m 'not slow' -k 'law or laws or contract'
	HYPOTHESIS_PROFILE=soak $(BIN)/pytest -q $$(grep -rl --include='test_*.py' -e '"soak"' -e is_soak tests)

clean:  ## Remove what make made; data stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

.PHONY: package
package: setup  ## The national profiles as a FHIR package, the same bytes every time: dist/*.tgz
	$(BIN)/python -m profiles.vn.package dist
