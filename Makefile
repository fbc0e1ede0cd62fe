# Two commands for a newcomer: `make demo` and `make test`. They need git, make and Python 3.11 or newer; more runners, more checks.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --custom-compile-command "make lock"
BENCH := .venv-bench
BENCH_READY := $(BENCH)/.ready
MLFLOW := .venv-mlflow
MLFLOW_READY := $(MLFLOW)/.ready
NODE_READY := tests/validators/node_modules/.package-lock.json
SHOWN := build/conformance.json
TESTS ?=
WORDS ?=
BENCH_OPTIONS ?=

.PHONY: demo test mlflow conformance equivalence mutations lint format bench golden schema lock clean

demo: $(READY)  ## sets up, then renders the shipped specs below build/demo and shows what it did
	@BIN=$(BIN) sh docs/demo.sh

test: $(READY) $(if $(shell command -v npm),$(NODE_READY))  ## sets up, then runs all tests but the bulk of the conformance tables
	$(BIN)/python -m pytest -n auto -m "not slow" $(TESTS)

mlflow: $(MLFLOW_READY)  ## sets up the MLflow server that the registry's tests start; without it they are skipped

conformance: $(SHOWN)  ## carries out what is generated, for every model, occurrence and fault
	PYTHONPATH=tests $(BIN)/python -m conformance.equivalence --check $(SHOWN)

equivalence: $(SHOWN)  ## the same, and writes docs/equivalence.md anew
	PYTHONPATH=tests $(BIN)/python -m conformance.equivalence $(SHOWN)

mutations: $(READY) $(NODE_READY)  ## changes the targets in ways that the tables must find out
	$(BIN)/python tests/conformance/try_mutations.py $(WORDS)

.PHONY: $(SHOWN)
$(SHOWN): $(READY) $(NODE_READY)
	$(BIN)/python -m pytest -n auto tests/conformance --shown $(SHOWN)

lint: $(READY)  ## style and types
	$(BIN)/ruff check generator tests docs benchmarks
	$(BIN)/ruff format --check generator tests docs benchmarks
	$(BIN)/mypy

format: $(READY)  ## what can be mended without thinking
	$(BIN)/ruff check --fix generator tests benchmarks
	$(BIN)/ruff format generator tests benchmarks

bench: $(READY) $(BENCH_READY)  ## measures pipegen beside the programs nearest to it, in some five minutes
	$(BIN)/python -m benchmarks --peers $(BENCH)/bin $(BENCH_OPTIONS)
	$(BIN)/python -m benchmarks.gates
	$(BIN)/python -m benchmarks.ledger

golden: $(READY)  ## writes the golden files and snapshots anew; review the difference as if you had to operate it
	$(BIN)/python -m pytest -q tests/test_golden.py tests/test_pictures.py --update-golden
	$(BIN)/python -m pytest -q tests --snapshot-update -m "not slow"

schema: $(READY)  ## writes schemas/ and the generated part of docs/spec.md anew
	$(BIN)/python docs/spec_reference.py

lock: $(READY)  ## resolves the development environment and that of the benchmarks anew
	$(LOCK) $(foreach extra,progress test lint build runners,--extra $(extra)) pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml -o templates/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra registry pyproject.toml -o templates/requirements-registry.txt
	$(LOCK) --group bench -o requirements/bench.txt
	$(LOCK) --group mlflow -o requirements/mlflow.txt

$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BENCH_READY): requirements/bench.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

$(MLFLOW_READY): requirements/mlflow.txt | $(READY)
	$(PYTHON) -m venv --clear $(MLFLOW)
	$(BIN)/uv pip install --quiet --python $(MLFLOW)/bin/python --require-hashes --compile-bytecode -r requirements/mlflow.txt
	@touch $@

$(NODE_READY): tests/validators/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix tests/validators
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH) $(MLFLOW) build dist tests/validators/node_modules
