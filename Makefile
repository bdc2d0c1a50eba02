# Every target sets up what it needs first; see deploy/local/README.md for what runs where.
PYTHON ?= python3
LOCAL := .venv/bin/python -m deploy.local
PYTEST_WORKERS ?= 2
# Images of containers set it; here every process that starts would compile all that it imports anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: client help setup setup-observe setup-test observe demo up down status test lint format check docs manifests bench bench-growth bench-parse setup-bench bench-pipeline bench-dashboard bench-lists audit chaos soak clean

help: ## Explain all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Bring in everything (virtual environment, RabbitMQ) and start nothing
	@$(PYTHON) -m deploy.local.install

demo: setup ## Run a job of each type on a system of its own, show the results, leave nothing running
	@$(LOCAL) demo

up: setup ## Start the whole system and leave it running (COLLECTORS=4 PAGES=dir ASINFLOW_…=… as wanted)
	@$(LOCAL) up

setup-observe:
	@$(PYTHON) -m deploy.local.install --observe

observe: setup-observe ## Watch the running system (started if need be) with Prometheus and Alertmanager, beside it
	@$(LOCAL) observe

down: setup ## End the system that `make up` started
	@$(LOCAL) down

status: setup ## List the processes of the running system
	@$(LOCAL) status

setup-test:
	@$(PYTHON) -m deploy.local.install --observe --browser --gateway

test: setup-test ## Run all tests (ARGS="-k name" for some)
	@.venv/bin/pytest -n $(PYTEST_WORKERS) $(ARGS)

lint: setup ## Check format, style, types and the import rules
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

client: setup ## Write the client's models anew from the API's OpenAPI document
	@.venv/bin/python -m client.generate

format: setup ## Format the code and repair what the linter can
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

bench-dashboard: setup-test ## Measure when a page of 100,000 items is on the screen and what open tabs cost the API (exits 1 above 1 s, 5 %)
	@.venv/bin/python -m bench.dashboard $(ARGS)

bench-lists: setup ## Measure pages of 100,000 products in every order under every filter, and a job of as many items (exits 1 above 1 s a page)
	@.venv/bin/python -m bench.lists $(ARGS)

audit: setup ## Check the dependencies: pinned, used, not withdrawn, no known vulnerability (ARGS=--offline leaves out what needs the internet)
	@.venv/bin/python -m deploy.audit $(ARGS)

check: lint test ## Everything that must be green before a change is merged

manifests: setup ## Write what follows from settings classes and alert rules in deploy/k8s
	@.venv/bin/python -m deploy.k8s

bench-parse: setup ## Measure parsing against the bare parser (exits 1 above 1.5 times)
	@.venv/bin/python -m bench.parse

bench: setup-bench ## Measure everything beside peers and limits (40 minutes; QUICK=1: 5) and write docs/performance.md (ARGS="pipeline" for a part)
	@.venv/bin/python -m bench $(if $(QUICK),--quick) $(ARGS)

bench-growth: setup-bench ## Measure a job of a million items, which `make bench` leaves out
	@.venv/bin/python -m bench $(if $(QUICK),--quick) million

setup-bench:
	@$(PYTHON) -m deploy.local.install --bench

bench-pipeline: setup-bench ## Measure the pipeline beside Celery, Dramatiq, taskiq and FastStream (ARGS="--items 5000 --rounds 3")
	@.venv/bin/python -m bench.pipeline $(ARGS)

docs: setup ## Write what is generated from the code: pages of docs/ and the documents of the interfaces
	@.venv/bin/python -m deploy.reference

chaos: setup ## Let random faults loose on a system at work and count everything (SEED=1 ITEMS=50000 FAULTS=200)
	@.venv/bin/python -m tests.chaos

soak: setup ## Keep a system busy and see that its processes stay flat in memory and connections (MINUTES=30)
	@.venv/bin/python -m tests.soak

clean: setup ## End the system and remove its data and all caches; the virtual environment stays
	@$(LOCAL) down
	@rm -rf .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
