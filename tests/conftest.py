"""Signals as a terminal has them: under nohup, or behind `&`, some are ignored, and by all that tests start, too.

And backends that are judged without a process of their own.
"""

import contextlib
import signal
import warnings

import pytest

from oracle.conformance import worker
from oracle.conformance.adapter import load
from oracle.conformance.case import state
from oracle.conformance.fuzz import fuzzed

for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture
def here(monkeypatch):
    """`check` and `fuzz` judge in this process, as a worker of theirs would that has no JAX to import first."""

    @contextlib.contextmanager
    def session(options, running=None):  # noqa: ARG001 (as the real one is called)
        backend = load(options["spec"])
        said = {key: backend[key] for key in ("who", "dtypes", "rules")} | {"own": bool(backend["own"])}
        yield {**state(backend, strict=options["strict"]), "said": said, "heard": []}

    def judged(of, vectors, *, heads=False, afresh=False):
        asked = {"heads" if heads else "vectors": vectors}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return list(worker.judged(worker.taken(asked, of["backend"]), of, None, afresh=afresh))

    for name in ("command.fuzz.session", "conformance.sweep.session"):
        monkeypatch.setattr(f"oracle.{name}", session)
    for name in ("conformance.fuzz.judged", "conformance.sweep.judged"):
        monkeypatch.setattr(f"oracle.{name}", judged)
    return lambda spec: session({"spec": str(spec), "strict": False})


@pytest.fixture
def fuzzed_here(tmp_path, here):
    """What fuzzing finds of a rule of a backend with this text."""

    def found(text, rule, **options):
        file = tmp_path / "kernels.py"
        file.write_text(text)
        with here(file) as of:
            return fuzzed(of, rule, seed=0, **options)

    return found
