# Every target builds .venv by itself, and again only when pyproject.toml has changed.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: verify test lint bench clean

verify: .venv/ready
	$(BIN)/purevjp verify

test: .venv/ready
	$(BIN)/pytest

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/bench-ready
	$(BIN)/python -m bench
	$(BIN)/python -m bench tolerances
	$(BIN)/python -m bench checkers
	$(BIN)/python -m bench findings

.venv/ready: pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

.venv/bench-ready: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .hypothesis
