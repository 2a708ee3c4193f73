# Every target builds .venv by itself, and again only when pyproject.toml has changed.
PYTHON ?= python3
BIN = .venv/bin

# `verify` draws the same every time: its truths are kept until code or versions change, and what JAX compiled even then.
KEPT = .kept
verify docs: export JAX_COMPILATION_CACHE_DIR = $(CURDIR)/$(KEPT)/programs
verify docs: export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = 0
verify docs: export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES = -1

.PHONY: verify test lint docs bench backends browser findings clean

verify: .venv/ready
	$(BIN)/purevjp verify --keep $(KEPT)

# Many tests start a Python: each reads what others have compiled. The same is drawn each time; `pytest property_tests` varies.
test: export PYTHONDONTWRITEBYTECODE =
test: export HYPOTHESIS_PROFILE ?= ci
test: .venv/ready
	$(BIN)/pytest --numprocesses auto --dist worksteal

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/ready
	$(BIN)/purevjp verify --keep $(KEPT) --json .venv/verify.json
	$(BIN)/purevjp document docs --verified .venv/verify.json

# What the shipped backends and the scoreboard's test need beside Python: tinygrad compiles with clang.
browser:
	apt-get install --yes --no-install-recommends chromium chromium-driver clang

# The backends that `purevjp check` ships adapters for; their tests are skipped, by name, without.
backends: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[backends]'

findings: .venv/bench-ready
	$(BIN)/purevjp findings docs

bench: .venv/bench-ready
	$(BIN)/python -m bench
	$(BIN)/python -m bench rules
	$(BIN)/python -m bench tolerances
	$(BIN)/python -m bench checkers
	$(BIN)/python -m bench networks
	$(BIN)/python -m bench models
	$(BIN)/python -m bench findings
	$(BIN)/python -m bench conformance
	$(BIN)/python -m bench diagnosis

.venv/ready: pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

.venv/bench-ready: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench,backends,cluster]'
	touch $@

clean:
	rm -rf .venv $(KEPT) build dist .mypy_cache .ruff_cache .hypothesis
