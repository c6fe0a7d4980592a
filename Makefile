# The project's commands; `make` alone lists them.
#
# Needs a POSIX shell, GNU make (3.81 is enough) and Python 3.11, 3.12 or 3.13. Everything is installed into .venv, from
# requirements.lock with hashes, again only when requirements.lock or pyproject.toml changed.

# The first of these that is new enough makes .venv; `make test PYTHON=/path/to/python3.12` names another.
PYTHON ?= python3 python3.13 python3.12 python3.11
# Where `make example` works.
STORE ?= store
# Of `make dev`.
PORT ?= 3000
# More arguments for pytest or the benchmarks: make test ARGS='-k leap_year'
ARGS ?=
# More arguments for the resolver: make lock UPGRADE=--upgrade, or UPGRADE='--upgrade-package duckdb'
UPGRADE ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The lock is complete, so nothing is resolved (--no-deps). uv installs it in seconds; pip, which takes a minute or two,
# stands in where uv cannot reach an index (it does not read pip's configuration) or has no wheel.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
UV_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps
# Build tools are in the lock, too: no build isolation, so that nothing unlocked is fetched.
PROJECT := --no-build-isolation --editable .
INSTALL_UV := awk '/^[^ ]/ { is_uv = /^uv==/ } is_uv' requirements.lock > $(VENV)/uv.lock \
	&& $(PIP_INSTALL) --require-hashes --requirement $(VENV)/uv.lock

# Dagster 1.13 announces at every start that `dg` supersedes these two commands; both work, and need no `dg`.
QUIET := PYTHONWARNINGS='ignore:Function `dev_command` is superseded,ignore:Function `definitions_validate_command` is superseded'

.DEFAULT_GOAL := help
.PHONY: help install example test lint validate dev bench lock clean

help: ## List the commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED) ## Set up .venv; the other commands do it when it is needed

# The run is kept away from the books and the policy that the environment may name for real work.
example: $(INSTALLED) ## Post the twelve months of the example company and print where the files are
	@if [ ! -e "$(STORE)/landing" ]; then \
	    mkdir -p "$(STORE)"; \
	    [ -e "$(STORE)/policy.yaml" ] || cp examples/acme/policy.yaml "$(STORE)/"; \
	    cp -R examples/acme/landing "$(STORE)/"; \
	elif ! diff -r examples/acme/landing "$(STORE)/landing" >/dev/null; then \
	    echo "$(STORE)/landing holds other files than the example: move it away, or make example STORE=another-folder" >&2; \
	    exit 1; \
	fi
	env -u REVREC_DATABASE_URL -u REVREC_POLICY $(BIN)/revrec run --store "$(STORE)" --from 2025-01 --to 2025-12

# A file's tests stay in one process, which runs what they share (a year's close, a database) once; in the order of
# collection, which has the slow files early, so that neither process waits long for the other. A third one on two cores
# takes two minutes more.
test: $(INSTALLED) ## Run all tests (ARGS='-k name' for some)
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(INSTALLED) ## Check style, format, types, and that the installed packages agree
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pip check

validate: $(INSTALLED) ## Load the Dagster definitions and say whether they are sound
	$(QUIET) $(BIN)/dagster definitions validate

# Dagster wants an absolute DAGSTER_HOME, and warns that it ignores ./dagster.yaml there: it reads the link to it.
dev: $(INSTALLED) ## Start Dagster on this machine (PORT=3000); Ctrl-C ends it
	@mkdir -p .dagster_home && ln -sf ../dagster.yaml .dagster_home/dagster.yaml
	@echo "Runs are remembered in .dagster_home, whose dagster.yaml is a link to ./dagster.yaml, whatever Dagster warns"
	DAGSTER_HOME="$(CURDIR)/.dagster_home" $(QUIET) $(BIN)/dagster dev --port $(PORT)

bench: $(INSTALLED) ## Measure time and memory of a month
	$(BIN)/python benchmarks/run.py $(ARGS)

# Depends on uv alone: a pyproject.toml that was just edited must not install the old lock first.
lock: $(BIN)/uv ## Bring requirements.lock in line with pyproject.toml (UPGRADE=--upgrade for new versions)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --extra production --extra dev $(UPGRADE) --output-file requirements.lock pyproject.toml

clean: ## Remove .venv, caches and Dagster's memory; stores stay
	rm -rf $(VENV) .dagster_home .tmp_dagster_home_* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.lock pyproject.toml $(BIN)/python
	@echo "Installing revrec and what it needs into $(VENV)"
	@{ $(INSTALL_UV) && $(UV_INSTALL) --require-hashes --requirement requirements.lock && $(UV_INSTALL) $(PROJECT); } \
	    || { echo "uv could not; pip does it, which takes a minute or two" >&2; \
	         $(PIP_INSTALL) --require-hashes --requirement requirements.lock && $(PIP_INSTALL) $(PROJECT); } \
	    || { echo "Installing failed: see above; if $(VENV) is not of this Makefile, run make clean first" >&2; exit 1; }
	@touch $@

$(BIN)/uv: | $(BIN)/python
	@$(INSTALL_UV)

$(BIN)/python:
	@for python in $(PYTHON); do \
	    "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
	    "$$python" -m venv --clear $(VENV) && exit 0; \
	    rm -rf $(VENV); \
	    echo "$$python cannot make a virtual environment: see above; on Debian or Ubuntu, apt-get install python3-venv" >&2; \
	    exit 1; \
	done; \
	echo "revrec needs Python 3.11, 3.12 or 3.13; none of these is: $(PYTHON)." >&2; \
	echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
	exit 1
