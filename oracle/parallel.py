"""Rows in worker processes; a worker that dies costs one row, not the run."""

import concurrent.futures
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from purevjp.study import worker

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def start() -> None:
    """One thread per worker, which ends with the process that waits for it."""
    os.environ.update(ONE_THREAD)
    worker.start()


def in_order_of_arrival(
    work: Callable[..., Any], names: Sequence[str], jobs: int, *options: Any
) -> Iterator[tuple[str, Any]]:
    """Each name with `work(name, *options)`, the last ones first, or with None where the worker died of it."""
    if jobs == 1:
        for name in names:
            yield name, work(name, *options)
        return
    left = list(reversed(names))
    try:
        for name, result in pooled(work, left, jobs, *options):
            left.remove(name)
            yield name, result
    except BrokenProcessPool:
        for name in left:
            try:
                yield from pooled(work, [name], 1, *options)
            except BrokenProcessPool:
                yield name, None


def pooled(work: Callable[..., Any], names: Sequence[str], jobs: int, *options: Any) -> Iterator[tuple[str, Any]]:
    """Each name with its result, by a pool of fresh processes that is gone afterwards, whatever happens."""
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(min(jobs, len(names)), mp_context=context, initializer=start)
    try:
        futures = {pool.submit(work, name, *options): name for name in names}
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
