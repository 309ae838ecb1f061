# make run: the service. make test: everything CI runs. make coverage: all tests, and lines that none runs.
# All build .venv first when it is missing or old; only what runs is in it until something else than `make run`
# is asked for.
.RECIPEPREFIX := >
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
TESTABLE := $(VENV)/.testable
BIN := $(VENV)/bin

.PHONY: outdated run test coverage soak fuzz bench lint clean
run: $(READY)
> $(BIN)/python run.py

test: $(TESTABLE) lint
> $(BIN)/python -m coverage erase
> $(TESTS) --cov --cov-report= $(PURE_TESTS)
> $(BIN)/python -m coverage report --skip-covered --show-missing --fail-under=100 --include="$(PURE)"
> $(TESTS) $(addprefix --ignore=,$(PURE_TESTS))

coverage: $(TESTABLE)
> $(BIN)/python -m coverage erase
> $(TESTS) --cov --cov-report=
> $(BIN)/python -m coverage report --skip-covered --show-missing --fail-under=95

# One process more than two cores: many tests wait for processes and timeouts.
TESTS := $(BIN)/python -m pytest -n 3 --dist worksteal -m "not soak and not fuzz"

# Pure packages: every branch of a decision is tried. Coverage takes 1.4 times the CPU, so that of the rest is for
# `make coverage`.
PURE := aggregator/parse/*,aggregator/dedupe/*,aggregator/normalise/*,aggregator/editorial/*,aggregator/policy/*,aggregator/render/*
PURE_TESTS := tests/parse tests/dedupe tests/normalise tests/editorial tests/policy tests/render
PURE_TESTS += tests/hostile/test_entities.py tests/stories tests/storage/test_budget.py
PURE_TESTS += tests/storage/test_embargoed_doubles.py tests/storage/test_pairings.py
PURE_TESTS += tests/storage/test_contract_erasure.py tests/storage/test_signed_addresses.py
PURE_TESTS += tests/storage/test_contract_quarantine.py

lint: $(TESTABLE)
> $(BIN)/ruff check .
> $(BIN)/ruff format --check .
> $(BIN)/mypy

soak: $(TESTABLE)
> $(BIN)/python -m pytest --timeout=0 -m soak

fuzz: $(TESTABLE)
> FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest --timeout=0 -m fuzz tests/fuzz

FUZZ_SECONDS := 300

# The table at the end is made of what this run has measured.
bench: $(TESTABLE)
> rm -f benchmarks/.cache/*.json
> $(BIN)/python benchmarks/run.py
> $(BIN)/python benchmarks/stored.py
> $(BIN)/python -m benchmarks.changes
> $(BIN)/python -m benchmarks.serving
> $(BIN)/python -m benchmarks.answering
> $(BIN)/python -m benchmarks.fetching
> $(BIN)/python -m benchmarks.starting
> $(BIN)/python -m benchmarks.exporting
> $(BIN)/python -m benchmarks.reading
> $(BIN)/python -m benchmarks.many
> $(BIN)/python -m benchmarks.goals

# What runs is installed by hash; pip knows no hash of a checkout, so that comes after, alone.
$(READY): pyproject.toml constraints.txt requirements.lock
> @echo "Building $(VENV): the pinned packages that Publicwire runs with, about a minute"
> $(PYTHON) -m venv $(VENV)
> $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
> $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
> touch $(READY)

$(TESTABLE): $(READY)
> @echo "Adding to $(VENV) what tests need"
> $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation --config-settings editable_mode=compat -e ".[test]"
> touch $(TESTABLE)

outdated: $(TESTABLE)
> $(BIN)/python .ci/outdated.py

clean:
> rm -rf $(VENV) build *.egg-info
