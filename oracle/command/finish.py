"""How a command line ends: exit codes, one line on bad usage, and what a signal does."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import typer

from oracle.vectors.corpus import is_damage
from oracle.vectors.strict import printable

BAD_USAGE, DAMAGED, INTERRUPTED = 2, 4, 130
SIGNALLED = 128
"""Added to a signal's number, as shells do."""
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
SETTINGS = {"help_option_names": ["-h", "--help"]}


def finished(app: typer.Typer, arguments: Sequence[str] | None) -> int:
    """Run a command line: its own code; 2 with one line on bad usage, 4 with one when the corpus is damaged."""
    try:
        with interruptible() as received:
            code = app(arguments, standalone_mode=False)
        if code == INTERRUPTED:
            print("purevjp: interrupted", file=sys.stderr)
            return SIGNALLED + received[0] if received else INTERRUPTED
    except (typer.TyperException, ValueError, OSError, ArithmeticError, MemoryError, RuntimeError) as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if message:
            print(f"purevjp: {printable(message)}", file=sys.stderr)
        return DAMAGED if is_damage(error) else BAD_USAGE
    return int(code or 0)


@contextlib.contextmanager
def interruptible() -> Iterator[list[int]]:
    """A request to end, or the end of the terminal, is an interrupt meanwhile; the signals that came.

    Not where one is ignored, as under nohup, and not outside of the main thread, which has no signals.
    """
    received: list[int] = []

    def interrupt(number: int, _frame: Any) -> None:
        received.append(number)
        raise KeyboardInterrupt

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in before.items():
        if handler == signal.SIG_DFL:
            signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number, handler in before.items():
            if handler == signal.SIG_DFL:
                signal.signal(number, handler)
