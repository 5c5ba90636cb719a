# Convergence. `make run` shows it, `make test` proves it, `make help` lists the rest.

PYTHON ?= python3
PREPARE := $(PYTHON) scripts/bootstrap.py
BIN := .venv/bin
JOBS ?= 2
# Not for the proofs and figures, which want the machine for themselves.
PARALLEL := -n $(JOBS) --dist=worksteal

.PHONY: help run dev build lock migrate system test quick check prove bench growth coverage messages clean

help: ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

run: ## prepare whatever is missing and serve a living demonstration (PORT=8000)
	@$(PREPARE) all
	@exec $(BIN)/convergence run

dev: ## the same, started anew when a source changes
	@$(PREPARE) all --dev
	@DEVELOPMENT=oui exec $(BIN)/convergence run --reload

build: ## bundle scripts, styles, font and icons into app/static/dist, compile the translations
	@$(PREPARE) all

migrate: ## bring the database to this version
	@$(PREPARE) env
	@$(BIN)/convergence migrate

lock: ## compile the locks anew from pyproject.toml (UPGRADE=--upgrade for the newest versions)
	@$(PREPARE) env --dev
	@scripts/lock.sh $(UPGRADE)

system: ## Chromium, PostgreSQL and Redis for the tests, from the system's packages
	@$(PYTHON) scripts/system.py

test: system ## everything, on SQLite and on PostgreSQL
	@$(PREPARE) all --dev
	@$(BIN)/python scripts/suite.py $(PARALLEL) $(ARGS)

quick: ## what needs neither browser nor server, on SQLite
	@$(PREPARE) all --dev
	@$(BIN)/pytest -q $(PARALLEL) -m "not browser and not server" $(ARGS)

check: ## format, lint, types, import layers, templates, locks
	@$(PREPARE) all --dev
	@$(BIN)/python -m tools.check

prove: system ## the long proofs: kills, generated runs, growth, storms
	@$(PREPARE) all --dev
	@$(BIN)/python scripts/suite.py -m prove $(ARGS)

bench: ## the figures of docs/, taken on this machine
	@$(PREPARE) all --dev
	@$(BIN)/python -m bench $(ARGS)
	@$(BIN)/python -m bench.storm

growth: ## the same pages on a tenth and on the whole of the large data
	@$(PREPARE) all --dev
	@$(BIN)/python -m bench.growth $(ARGS)

coverage: system ## the suite again, with the lines it never reaches
	@$(PREPARE) all --dev
	@$(BIN)/python scripts/suite.py --coverage $(PARALLEL) $(ARGS)

messages: ## gather the texts of the interface into the translation catalogues
	@$(PREPARE) env --dev
	@$(BIN)/python -m tools.messages

clean: ## remove what was built; the data in var/ stays
	rm -rf .bootstrap .venv node_modules app/static/dist build dist .mypy_cache .pytest_cache .ruff_cache
