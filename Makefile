# Everything runs in a virtual environment of the project's own: .venv. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types contracts test-servers bench docs

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kapfhir needs Python 3.11 or newer; try: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

setup: $(STAMP) ## the virtual environment, once

demo: $(STAMP) ## the whole walk: a clinic's export to the embedded FHIR server, and back
	$(PY) fixtures/demo.py

test: $(STAMP) ## the tests; no Java, no network
	$(PY) -m pytest -n auto

lint: $(STAMP) ## format, lint, spelling
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/codespell

types: $(STAMP) ## mypy --strict
	$(VENV)/bin/mypy

contracts: $(STAMP) ## the floors of the house: who may import whom
	$(VENV)/bin/lint-imports

test-servers: $(STAMP) ## a real HAPI server and both HL7 validators; needs a JDK 17+, Maven and npm
	$(PY) tests/servers/run.py

bench: $(STAMP) ## the figures of docs/explanation/performance.md
	$(PY) bench/run.py

docs: $(STAMP) ## writes the generated files anew: ig/, docs/reference/
	$(PY) ig/generate.py
	$(PY) docs/generate.py
