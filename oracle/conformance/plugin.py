"""`pytest --pyargs oracle.conformance --purevjp-backend=my_kernels.py`: a test per case of the frozen corpus."""

from collections.abc import Iterator
from typing import Any

import pytest

OPTIONS = {
    "--purevjp-backend": ("BACKEND", "backend that oracle.conformance is to judge: a file, a module, torch, jax, ..."),
    "--purevjp-command": ("COMMAND", "in its place, a program that speaks the line protocol"),
    "--purevjp-known": ("FILE", "known-failures.toml of that backend"),
}
RULE, LIMIT = "--purevjp-rule", "--purevjp-limit"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run."""
    group = parser.getgroup("purevjp")
    for option, (metavar, text) in OPTIONS.items():
        group.addoption(option, metavar=metavar, help=text)
    group.addoption(RULE, metavar="RULE", action="append", help="rule to judge; may be repeated; all by default")
    group.addoption(LIMIT, metavar="SECONDS", type=float, default=10.0, help="time that a case may take")


@pytest.fixture(scope="session")
def purevjp_session(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The worker process of this backend, one for each process of pytest."""
    from oracle.conformance.session import session  # noqa: PLC0415 (every run of pytest imports this module)

    backend, command, limit = (request.config.getoption(of) for of in ("--purevjp-backend", "--purevjp-command", LIMIT))
    if backend and command:
        pytest.exit("purevjp: --purevjp-backend and --purevjp-command: give one of them", returncode=2)
    try:
        with session({"spec": command or backend, "strict": False, "limit": limit, "command": bool(command)}) as of:
            yield of
    except ValueError as error:
        pytest.exit(f"purevjp: {error}", returncode=2)


@pytest.fixture(scope="session")
def purevjp_known(request: pytest.FixtureRequest) -> Any:
    """The failures that are known."""
    from pathlib import Path  # noqa: PLC0415 (as above)

    from oracle.conformance.known import read_known  # noqa: PLC0415

    file = request.config.getoption("--purevjp-known")
    return read_known(Path(file)) if file else []
