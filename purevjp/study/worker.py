"""A worker process: interrupts are not for it, and it does not outlive the process that waits for it."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait

__all__ = ["start"]


def start() -> None:
    """Begin a worker of a pool: an interrupt is for the process that waits for it, and when that is gone, so is this.

    A killed parent cannot end its workers, and a worker that waits for its next task never learns of it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=follow, args=(parent.sentinel,), daemon=True).start()


def follow(sentinel: int) -> None:
    """End this process, whatever it does, as soon as the other one has ended."""
    wait([sentinel])
    os._exit(1)
