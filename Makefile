# Every target builds .venv by itself, and again only when pyproject.toml has changed.
PYTHON ?= python3
BIN = .venv/bin

# `verify` draws the same every time: what JAX compiled for it once is kept.
verify docs: export JAX_COMPILATION_CACHE_DIR = $(CURDIR)/.jax_cache
verify docs: export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = 0
verify docs: export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES = -1

.PHONY: verify test lint docs bench browser findings clean

verify: .venv/ready
	$(BIN)/purevjp verify

test: .venv/ready
	$(BIN)/pytest --numprocesses auto --dist worksteal

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/ready
	$(BIN)/purevjp verify --json .venv/verify.json
	$(BIN)/purevjp document docs --verified .venv/verify.json

# What the shipped backends and the scoreboard's test need beside Python: tinygrad compiles with clang.
browser:
	apt-get install --yes --no-install-recommends chromium chromium-driver clang

findings: .venv/bench-ready
	$(BIN)/purevjp findings docs

bench: .venv/bench-ready
	$(BIN)/python -m bench
	$(BIN)/python -m bench tolerances
	$(BIN)/python -m bench checkers
	$(BIN)/python -m bench findings
	$(BIN)/python -m bench diagnosis

.venv/ready: pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

.venv/bench-ready: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench,backends,cluster]'
	touch $@

clean:
	rm -rf .venv .jax_cache build dist .mypy_cache .ruff_cache .hypothesis
