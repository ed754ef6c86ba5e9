PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= $(shell $(PYTHON) -c "import os; print(min(8, os.cpu_count() * 2))")
MODEL ?= intfloat/multilingual-e5-small

.PHONY: demo test lint docs bench setup clean

demo: setup  ## the main job, offline: SQuAD first, then BUCC, on the embedded encoder and sample data
	$(BIN)/xh run --inter squad --target bucc --runs runs/demo

# each of the hundred processes would compile all modules again
test: export PYTHONDONTWRITEBYTECODE =
test: setup  ## the whole suite, two processes for each core, as some wait; no network, no GPU
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --durations 15

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup  ## the documentation as a site, in build/docs; a dead link ends it
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	$(BIN)/zensical build --clean --strict

bench: setup  ## every path against its peers, on an idle machine some ten minutes; writes the table of docs/performance.md
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,bench]"
	$(BIN)/python benchmarks/all.py --model $(MODEL)

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf .venv runs build dist .pytest_cache .mypy_cache .ruff_cache
