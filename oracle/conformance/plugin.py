"""`pytest --pyargs oracle.conformance --purevjp-backend=my_kernels.py`: a test per case of the frozen corpus."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OPTIONS = {
    "--purevjp-backend": ("BACKEND", "backend that oracle.conformance is to judge: a file, a module, torch, jax, ..."),
    "--purevjp-command": ("COMMAND", "in its place, a program that speaks the line protocol"),
    "--purevjp-known": ("FILE", "known-failures.toml of that backend"),
}
RULE, LIMIT = "--purevjp-rule", "--purevjp-limit"
RULE_OF = "purevjp_rule"
"""The property of a test that has its rule."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run."""
    group = parser.getgroup("purevjp")
    for option, (metavar, text) in OPTIONS.items():
        group.addoption(option, metavar=metavar, help=text)
    group.addoption(RULE, metavar="RULE", action="append", help="rule to judge; may be repeated; all by default")
    group.addoption(LIMIT, metavar="SECONDS", type=float, default=10.0, help="time that a case may take")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a rule that there is not, and a file of known failures that cannot be read, before anything runs."""
    names, file = config.getoption(RULE), config.getoption("--purevjp-known")
    try:
        if names:
            from oracle.command.terminal import known  # noqa: PLC0415 (every run of pytest imports this module)
            from oracle.conformance import frozen  # noqa: PLC0415

            for name in names:
                known(name, frozen.manifest()["rules"], "rule")
        if file:
            from oracle.conformance.known import read_known  # noqa: PLC0415

            read_known(Path(file))
    except (ValueError, OSError) as error:
        pytest.exit(f"purevjp: {error}", returncode=2)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that is green because a rule that was named could not be judged."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.exitstatus == pytest.ExitCode.OK and reporter is not None and unjudged(session.config, reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name each rule that could not be judged."""
    for rule in unjudged(config, terminalreporter):
        terminalreporter.write_line(f"purevjp: no case of {rule} was judged", red=True)


def unjudged(config: pytest.Config, reporter: pytest.TerminalReporter) -> list[str]:
    """The named rules all of whose cases were skipped; one of which -k, -x or --lf left a case out is none."""
    names = config.getoption(RULE)
    if not names:
        return []
    from oracle.conformance import frozen  # noqa: PLC0415 (as above)

    properties = (pair for of in reporter.stats.get("skipped", []) for pair in of.user_properties)
    skipped = Counter(rule for key, rule in properties if key == RULE_OF)
    total = Counter(head["rule"] for head in frozen.heads())
    return [rule for rule in dict.fromkeys(names) if skipped[rule] == total[rule]]


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
    from oracle.conformance.known import read_known  # noqa: PLC0415

    file = request.config.getoption("--purevjp-known")
    return read_known(Path(file)) if file else []
