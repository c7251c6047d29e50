# Two commands for a fresh machine with Python 3.11 or 3.12: `make demo` and `make test`.
# Each target makes .venv and installs what it needs, once; a second call starts at once.

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
# By whole files: what a file's tests share is made once. In their order: xdist's own would end with the longest tests.
PARALLEL := --numprocesses 3 --dist loadfile --no-loadscope-reorder

# Tests start hundreds of interpreters: each module is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test unit slurm-test browser-test eval-selftest check bench clean

demo: $(VENV)/vega.installed
	$(BIN)/vega run demo

# `make --jobs 2 test` does both at once.
test: check unit

unit: $(VENV)/dev.installed
	$(BIN)/python -m pytest -m "not gpu and not slow and not slurm and not browser" $(PARALLEL)

# Real SLURM daemons on this machine; needs root, and Debian's slurm-wlm and munge (mariadb-{server,client}-core, slurmdbd: accounting).
slurm-test: $(VENV)/dev.installed
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "slurm and not slow" tests/slurm

# Reports and `vega watch --serve` in a browser; needs Debian's chromium.
browser-test: $(VENV)/dev.installed
	$(BIN)/python -m pytest -m browser tests/eval/report/browser

# Our BLEU and chrF against published ones: a small set of our own, and WMT22 where its folder is.
DATA ?= ../shared/data/wmt22
eval-selftest: $(VENV)/dev.installed
	$(BIN)/python -m pytest tests/eval/test_wmt22.py
	if [ -e $(DATA)/automatic-scores.tsv ]; then $(BIN)/vega eval wmt22 --data $(DATA); else echo "$(DATA) is not here"; fi

check: $(VENV)/dev.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev.installed
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

$(BIN)/python:
	@python=$$(for p in python3.11 python3.12 python3 python; do \
	    $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo $$p && break; \
	  done); \
	test -n "$$python" || { echo "Vega needs Python 3.11 or 3.12 and found neither: install one, or put it in PATH." >&2; exit 1; }; \
	$$python -m venv $(VENV)

$(VENV)/vega.installed: setup.py constraints.txt | $(BIN)/python
	@echo "Installing Vega into $(VENV) (two to four minutes, once)..."
	$(INSTALL) --editable .
	@touch $@

# In one call, and without bytecode: of 18,000 modules tests import a quarter, and compile those.
$(VENV)/dev.installed: setup.py constraints.txt | $(BIN)/python
	@echo "Installing Vega and the tools of its tests into $(VENV) (two to four minutes, once)..."
	$(INSTALL) --no-compile --editable '.[dev]'
	@# TensorBoard's, only for remote data. With it Ray opens a server for clients, and SLURM's tests of Ray are not stable yet.
	$(BIN)/pip uninstall --quiet --yes grpcio
	@touch $(VENV)/vega.installed $@

clean:
	rm -rf $(VENV) build dist *.egg-info
