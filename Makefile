# The whole manual: `make nightly` runs a night, `make test` proves the code. CONTRIBUTING.md says when to use the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CDP_HOME ?= var
AS_OF ?=
export CDP_HOME
export CDP_DAGSTER_DIR = $(abspath $(CDP_HOME))/dagster
export DAGSTER_HOME = $(CURDIR)
export DO_NOT_TRACK = 1

.PHONY: help setup nightly test check ui truth faults bench clean
help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed ## make the environment (.venv) only

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

nightly: setup ## run tonight's (or AS_OF's) night; an empty home gets sample extracts and all templates first
	@$(BIN)/cdp demo $(if $(AS_OF),--as-of $(AS_OF))
	@$(BIN)/cdp nightly $(if $(AS_OF),--as-of $(AS_OF))

test: setup ## every quick test
	$(BIN)/pytest -n 2 --dist loadfile

check: setup ## lint, types, layers, conventions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyrefly check --python-interpreter-path $(BIN)/python
	PYTHONPATH=dbt_project $(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests
	CDP_WAREHOUSE=:memory: $(BIN)/dbt parse --quiet --project-dir dbt_project --profiles-dir dbt_project
	$(BIN)/dbt-bouncer --config-file dbt_project/dbt-bouncer.yml

truth: setup ## the long random comparisons of rules and histories of OneID
	HYPOTHESIS_PROFILE=truth $(BIN)/pytest -n 2 --dist loadfile tests/rules/test_truth.py tests/oneid/test_histories.py

faults: setup ## the long fault tests: damaged files by the hundred
	$(BIN)/pytest -n 2 -m "faults or not faults" tests/assets/test_damaged_files.py

$(VENV)/.bench: $(VENV)/.installed bench/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r bench/requirements.lock
	touch $@

bench: $(VENV)/.bench ## speed and accuracy beside others (docs/benchmarks.md); CUSTOMERS=1000000 IDENTITIES=5000000 for large
	$(BIN)/python -m bench.night --customers $(or $(CUSTOMERS),50000)
	PYTHONPATH=dbt_project $(BIN)/python -m bench.components --identities $(or $(IDENTITIES),1000000)
	PYTHONPATH=dbt_project $(BIN)/python -m bench.accuracy --customers $(or $(CUSTOMERS),50000)
	$(BIN)/python -m bench.identity_nights --identities $(or $(IDENTITIES),1000000)

ui: setup ## the Dagster UI on http://127.0.0.1:3000
	@mkdir -p $(CDP_DAGSTER_DIR)
	$(BIN)/dagster dev -m pipelines.definitions -h 127.0.0.1 -p 3000

clean: ## remove the sample home and caches (never a CDP_HOME elsewhere)
	rm -rf var dbt_project/target dbt_project/logs .pytest_cache .ruff_cache
