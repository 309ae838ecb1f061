# make run: the service. make test: everything CI runs. Both build .venv first when it is missing or old; only what
# runs is in it until something else than `make run` is asked for.
.RECIPEPREFIX := >
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
TESTABLE := $(VENV)/.testable
BIN := $(VENV)/bin

.PHONY: outdated run test soak fuzz bench lint clean
run: $(READY)
> $(BIN)/python run.py

test: $(TESTABLE) lint
> $(BIN)/python -m coverage erase
> $(BIN)/python -m pytest -n $(PARALLEL) --dist worksteal --cov --cov-report= -m "not soak and not fuzz"
> $(BIN)/python -m coverage report --skip-covered --show-missing --fail-under=95
> $(BIN)/python -m coverage report --fail-under=100 --include="$(PURE)"

# One more than two cores: many tests wait for processes and timeouts.
PARALLEL := 3

# Pure packages: every branch of a decision is tried.
PURE := aggregator/parse/*,aggregator/dedupe/*,aggregator/normalise/*,aggregator/editorial/*,aggregator/policy/*,aggregator/render/*

lint: $(TESTABLE)
> $(BIN)/ruff check .
> $(BIN)/ruff format --check .
> $(BIN)/mypy

soak: $(TESTABLE)
> $(BIN)/python -m pytest -m soak

fuzz: $(TESTABLE)
> FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -m fuzz tests/fuzz

FUZZ_SECONDS := 300

bench: $(TESTABLE)
> $(BIN)/python benchmarks/run.py
> $(BIN)/python benchmarks/stored.py

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
