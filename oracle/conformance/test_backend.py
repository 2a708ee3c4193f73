"""A test per case of the frozen corpus, for the backend that `--purevjp-backend` or `--purevjp-command` names."""

import datetime as dt
from typing import Any

import pytest

from oracle.conformance import frozen
from oracle.conformance.known import excused
from oracle.conformance.plugin import RULE_OF
from oracle.conformance.record import NOT_RUN, PASSING, UNSUPPORTED
from oracle.conformance.session import judged


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The cases, if a backend is named."""
    backend = any(metafunc.config.getoption(of, None) for of in ("--purevjp-backend", "--purevjp-command"))
    rules = metafunc.config.getoption("--purevjp-rule", None)
    heads = [head for head in frozen.heads() if not rules or head["rule"] in rules] if backend else []
    metafunc.parametrize("head", heads, ids=[head["id"] for head in heads])


def test_backend(head: frozen.Head, purevjp_session: Any, purevjp_known: Any, record_property: Any) -> None:
    """What `purevjp check` says of this case."""
    record_property(RULE_OF, head["rule"])
    (line,) = judged(purevjp_session, [head], heads=True)
    said = "\n".join([line["verdict"], *line["findings"], line["diagnosis"]])
    if line["verdict"] in {UNSUPPORTED, NOT_RUN}:
        pytest.skip(said)
    if excused(purevjp_known, [line], dt.datetime.now(tz=dt.UTC).date()):
        pytest.xfail(said)
    if line["verdict"] not in PASSING:
        pytest.fail(said, pytrace=False)
