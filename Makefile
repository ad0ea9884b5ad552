# make app    the app on a solved sample, in your browser
# make test   its own set-up, then every test
PYTHON = python3
PORT = 8501
INSTANCES = ../shared/data/packing/vector_packing.jsonl.gz
TRACE = ../shared/data/traces/bitbrains_rnd_2013-08_hourly.parquet
LIMIT = 1
EFFORT = standard
BIN = .venv/bin

help:
	@echo "make app    start the app (first start installs pinned requirements into .venv)"
	@echo "make test   install what the tests need and run all of them"
	@echo "make lint   ruff and mypy"
	@echo "make bench  measure speed and memory"
	@echo "make bench-packing  the published vector bin-packing benchmark"
	@echo "make bench-estates  made estates and a real trace, against the best values known"
	@echo "make bench-rivals   general solvers on the same instances, in an environment of their own"
	@echo "make bench-scale    a million servers in 500 pools on two workers"
	@echo "make lock   re-make the pinned requirements"

check-python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python is missing. On Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11. Install a newer one and say: make PYTHON=/path/to/python3 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }

.venv/app-stamp: requirements.txt
	@$(MAKE) --no-print-directory check-python
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing pinned requirements into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m calc.packing.kernels
	@touch $@

.venv/dev-stamp: .venv/app-stamp requirements-dev.txt
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@

# The package is imported before the page opens, so that its first visitor does not wait for it.
app: .venv/app-stamp
	$(BIN)/python -c 'import calc.report.charts; from streamlit.web.cli import main; main()' run app.py --server.port $(PORT)

test: .venv/dev-stamp
	sh tests/setup_browser.sh
	sh tests/setup_handover.sh
	sh tests/setup_documents.sh
	$(BIN)/python -m pytest

lint: .venv/dev-stamp
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

bench: .venv/dev-stamp
	$(BIN)/python -m tests.benchmarks

# INSTANCES is a file of published instances in the format of docs/optimiser.md; LIMIT seconds each; FULL=1 runs all.
bench-packing: .venv/dev-stamp
	$(BIN)/python -m tests.benchmarks.packing $(INSTANCES) --limit $(LIMIT) $(if $(FULL),--full)

bench-estates: .venv/dev-stamp
	$(BIN)/python -m tests.benchmarks.estates --effort $(EFFORT) --trace $(TRACE)

# EXECUTOR is processes:N, tcp://host:8786 of a Dask scheduler, or in-process.
EXECUTOR = processes:2
bench-scale: .venv/dev-stamp
	$(BIN)/python -m tests.benchmarks.scale --executor $(EXECUTOR)

# ortools and highspy break each other in one process, so it has an environment of its own.
.venv-rivals/bin/python:
	$(PYTHON) -m venv .venv-rivals
	.venv-rivals/bin/python -m pip install --quiet --disable-pip-version-check ortools==9.15.6755 scipy==1.17.1 numpy==2.4.6

# SAMPLE=60 RIVALS_LIMIT=60 takes so many published instances, for this package and CP-SAT only.
RIVALS_LIMIT = 10
bench-rivals: .venv/dev-stamp .venv-rivals/bin/python
	$(BIN)/python -m tests.benchmarks.side_by_side $(INSTANCES) .venv-rivals/bin/python --limit $(RIVALS_LIMIT) $(if $(SAMPLE),--sample $(SAMPLE))

lock: .venv/dev-stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv .venv-rivals artifacts build .pytest_cache .hypothesis .ruff_cache .mypy_cache

.PHONY: help check-python app test lint bench bench-packing bench-estates bench-rivals bench-scale lock clean
