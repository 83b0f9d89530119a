# Everything runs in .venv, which follows requirements.lock, and on a throwaway server
# that .sandbox/ keeps the programs of: both are made once and work without a network.
PYTHON ?= python3
# Another pip than Python's own, such as pip==23.0, the oldest that is tried.
PIP ?=
BIN := .venv/bin
READY := .venv/ready
# As in .github/workflows/matrix.yml.
MATRIX := mysql:8.0 mysql:8.4 mysql:9.7 mariadb:10.11 mariadb:11

# What somebody typed, such as a file's name, is text to make and to the shell: neither
# $(shell ...) nor a quote in it does anything. ARGS alone is several words.
typed = '$(subst ','\'',$(value $(1)))'
unexport SCHEMA ROOT ROOTS SERVER CA

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo rehearse sandbox sample schema release unit test coverage
.PHONY: test-containers test-matrix soak
.PHONY: lint check wheel package bench bench-10m lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

demo: $(READY) ## Copy a sample pharmacy's 1,615 finished orders, and prove it
	@$(BIN)/python -m bygones.sandbox.demo

rehearse: $(READY) ## Copy made-up rows of your tables: SCHEMA=dump.sql, ROOTS=20000
	@$(BIN)/python -m bygones.sandbox.rehearsal \
		$(if $(value ROOTS),--roots=$(call typed,ROOTS)) \
		$(if $(value ROOT),--root=$(call typed,ROOT)) \
		$(if $(value SERVER),--server=$(call typed,SERVER)) \
		$(if $(value SCHEMA),-- $(call typed,SCHEMA))

sandbox: $(READY) ## Keep a server with the pharmacy and bygones until Ctrl-C
	@$(BIN)/python -m bygones.sandbox

sample: $(READY) ## Write the sample's SQL anew, after a template or sql/control changed
	@$(BIN)/python -m bygones.sandbox.rewriting

schema: $(READY) ## Write sql/schema.sql anew: what all revisions come to
	@$(BIN)/python -m bygones.sandbox.schema

release: $(READY) ## Freeze what is released, test and build it, and say what is left to do
	@$(BIN)/python -m bygones.sandbox.release

unit: $(READY) ## Run the tests that need no server
	$(BIN)/pytest -n auto tests/unit $(ARGS)

test: $(READY) ## Run all tests on MySQL; BYGONES_TEST_SERVER=mariadb, ARGS="-k name"
	$(BIN)/pytest -n auto $(ARGS)

coverage: $(READY) ## Measure branch coverage by all tests on MySQL, with a floor
	$(BIN)/pytest -n auto --cov $(ARGS)

test-containers: $(READY) ## Run their core in containers, with an engine of its own if need be
	@$(BIN)/python -m bygones.sandbox.in_containers

test-matrix: $(READY) ## Run the tests on an image of each server that is expected to work
	@set -e; for image in $(MATRIX); do \
		echo "== $$image" >&2; \
		BYGONES_TEST_SERVER=$${image%%:*} BYGONES_TEST_IMAGE=$$image \
			$(BIN)/pytest -n auto $(ARGS); \
	done

soak: $(READY) ## Run the long forms of the tests, for an hour; BYGONES_SOAK_SEED=7
	BYGONES_SOAK_SEED=$${BYGONES_SOAK_SEED:-$$(date +%s)} $(BIN)/pytest -n auto -m soak $(ARGS)

lint: $(READY) ## Check style and types of Python, SQL and the template, and the docs' links
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar sql
	$(BIN)/cfn-lint deploy/template.yaml
	@$(BIN)/python -m docs.site

check: lint unit ## Run lint, the tests that need no server, and the core of the others
	$(BIN)/pytest -n auto -m core tests/server

wheel: $(READY) ## Make what pip installs, in dist/
	@$(BIN)/python -m hatchling build -d dist

package: $(READY) ## Make the Lambda's folder and zip in dist/; CA=global-bundle.pem
	@$(BIN)/bygones package $(if $(value CA),--ca=$(call typed,CA))

bench: $(READY) ## Measure beside what people use today; ARGS=--long, ARGS=--help
	@$(BIN)/python -m benchmarks $(ARGS)

bench-10m: $(READY) ## Copy ten million orders: takes an hour
	@$(BIN)/python -m benchmarks.ten_million $(ARGS)

lock: $(READY) ## Choose the newest versions for requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-package bygones \
		--custom-compile-command 'make lock' \
		--extra dev --output-file requirements.lock pyproject.toml

.PHONY: docs pictures
docs: $(READY) ## Write docs/commands.md anew, and the site to dist/site
	@$(BIN)/typer bygones.cli.command utils docs --name bygones \
		--title "Every command" --output docs/commands.md
	@$(BIN)/python -m docs.site

pictures: $(READY) ## Take docs/pictures anew, of a real run on a throwaway server
	@$(BIN)/python -m docs.pictures

clean: ## Remove .venv, .sandbox and what the tools keep
	rm -rf .venv .sandbox .pytest_cache .mypy_cache .ruff_cache .coverage dist

# A lock is never resolved again: --no-deps, or an old pip takes what is newer than it.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'bygones needs Python 3.11 or newer; name one: make PYTHON=python3.12' >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo 'Python cannot make a venv here: apt install python3-venv' >&2; \
		exit 1; }
	@echo 'Installing what requirements.lock names into .venv, this once ...' >&2
	@$(PYTHON) -m venv .venv
	@$(if $(PIP),$(BIN)/python -m pip install --quiet $(PIP))
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile \
		--no-deps --only-binary :all: --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --no-index --editable .
	@touch $@
