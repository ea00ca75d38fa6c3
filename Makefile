# Everything a person or a machine does with this checkout. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test lint test-docker test-web bench chaos licenses lock tour

PYTHON ?=# the Python to use, 3.11 to 3.13; the newest found when empty
IMAGES ?=# a folder or a list of pictures; the built-in sample when empty
DATA ?= shared_data
N ?= 20
SEED ?= 1
BIN := .venv/bin
export PYTHON IMAGES DATA

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything into .venv, checked by hash
	@.ci/setup requirements.lock

setup-test:
	@.ci/setup requirements-test.lock

run: setup ## run all stages on the sample, or on IMAGES=FOLDER, and ask a first question
	@.ci/first-run

test: setup-test ## run the tests, in two processes
	@$(BIN)/pytest --numprocesses 2 --dist loadfile

lint: setup-test ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

test-docker: setup-test ## run the containers' tests; needs Docker and some minutes
	@$(BIN)/pytest -m slow tests/docker

test-web: setup-test ## run the tests in a browser and against a wiki; installs Chromium and MediaWiki on Debian
	@.ci/web-tools
	@$(BIN)/pytest -m slow tests/web

tour: setup-test ## execute the notebook notebooks/tour.py over DATA, into its reports/tour.ipynb
	@$(BIN)/python -m notebooks $(DATA)

bench: setup-test ## measure speed and retrieval quality
	@$(BIN)/python -m bench

chaos: setup-test ## kill and break things N times from SEED, and check that nothing is lost
	@$(BIN)/python -m tests.chaos --kills $(N) --seed $(SEED)

licenses: setup-test ## write docs/licenses.md from the installed packages
	@$(BIN)/python -m tests.licenses

lock: setup-test ## choose the newest allowed versions and write them down with their hashes
	@.ci/lock $(BIN)/uv
