# Stargrove's front door. Needs Debian's python3 (3.11) with venv, and make; everything else is installed into .venv by the first call.
#
#   make evolve    four self-evolution rounds of the tiny default            ARGS="--profile gsm8k-small" for others
#   make ui        the Prefect UI over the history of past runs
#   make test      the tests          ARGS="tests/search -k visits" for some of them
#   make test-core those of them that need neither torch nor Prefect nor DuckDB: seconds
#   make test-all  the tests, and the long repetitions that only a release waits for
#   make test-real a real language model on eight questions: MODEL=DIRECTORY, some ten minutes
#   make lint      ruff, mypy, import-linter
#   make bench     the benchmarks, against their stored baselines
#   make image     a container image of the commit that is checked out; make image-gpu: with CUDA, for NVIDIA GPUs
#   make clean     removes .venv and caches; what was evolved (.stargrove) stays

PYTHON ?= python3
VENV := .venv
LOCK := infra/requirements-cpu.txt
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps
CORE_TESTS := $(addprefix tests/,search sandbox grading problems annotation evaluation interchange planning settings)
TORCH := $(shell grep -E '^torch==' $(LOCK))

# Three workers on two cores: those of evolutions wait a good deal. A group of tests that share a server or an engine is run by one of them; tests/conftest.py orders the groups. Where a
# worker crashes the run ends: with another in its place it would wait for ever.
PYTEST := $(BIN)/python -m pytest --numprocesses=3 --max-worker-restart=0 --no-loadscope-reorder --ignore=tests/benchmarks --ignore=tests/real --durations=10

# A machine whose own pip configuration offers no CPU build of torch takes it from here (the only host named in this repository):
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

# An image has no history: it is told which commit it holds, as `git describe` names it.
COMMIT = $(shell git describe --always --dirty --abbrev=12)
IMAGE ?= stargrove

.PHONY: evolve ui test test-core test-all test-real lint bench image image-gpu clean install

evolve: install
	@$(BIN)/stargrove evolve $(ARGS)

ui: install
	@$(BIN)/stargrove ui $(ARGS)

test: install
	$(PYTEST) -m "not soak" $(ARGS)

test-core: install
	$(PYTEST) -p tests.core -m "not soak and not integration" $(CORE_TESTS) $(ARGS)

test-all: install
	$(PYTEST) $(ARGS)

test-real: install
	STARGROVE_TEST_MODEL="$(MODEL)" $(BIN)/python -m pytest tests/real -v $(ARGS)

bench: install
	$(BIN)/python -m pytest tests/benchmarks $(ARGS)

# Without its cache: where a module was added, ruff otherwise keeps what it thought of the imports of unchanged files.
lint: install
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(VENV)/.complete

# .unfinished exists from the first to the last line of an installation: where it is found, one was cut off, so its .venv is made anew.
# .complete is written last and is older than the lock, the project file or this recipe whenever one of them changed.
$(VENV)/.complete: $(LOCK) pyproject.toml Makefile
	@if [ -e $(VENV)/.unfinished ] || ! $(BIN)/python -c pass 2>/dev/null; then rm -rf $(VENV); fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "Stargrove needs Python 3.11, and $(PYTHON) is not; name one: make PYTHON=/path/to/python3.11"; exit 2; }
	@[ -d $(VENV) ] || echo "installing into $(VENV), once (about 4.4 GB; two to four minutes)"
	@$(PYTHON) -m venv $(VENV) || { echo "no venv module: apt install python3-venv"; exit 2; }
	@touch $(VENV)/.unfinished
	@$(PIP) "$(TORCH)" 2>/dev/null || { echo "torch: the CPU build comes from $(TORCH_INDEX)"; $(PIP) --index-url $(TORCH_INDEX) "$(TORCH)"; }
	@$(PIP) -r $(LOCK)
	@$(PIP) --no-build-isolation --editable .
	@rm $(VENV)/.unfinished
	@touch $@

image:
	docker build --file infra/Dockerfile --target cpu --build-arg COMMIT=$(COMMIT) --tag $(IMAGE):cpu .

image-gpu:
	docker build --file infra/Dockerfile --target gpu --build-arg COMMIT=$(COMMIT) --tag $(IMAGE):gpu .

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	find . -name __pycache__ -type d -not -path './.stargrove/*' -prune -exec rm -rf {} +
