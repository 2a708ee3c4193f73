"""Tasks here, in processes or on a Dask cluster; whoever dies, what is finished is kept and the rest is done."""

import asyncio
import concurrent.futures
import contextlib
import logging
import multiprocessing
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeAlias

from threadpoolctl import threadpool_limits

from purevjp.study.worker import start

__all__ = ["finished"]

Task: TypeAlias = tuple[dict[str, Any], tuple[Any, ...]]
"""Options, and what else the work needs."""
Arrivals: TypeAlias = Generator[tuple[dict[str, Any], Any]]
Work: TypeAlias = Callable[..., Any]

DEATHS = 3
"""So many times worker processes may die before the study stops."""
TIMEOUT = 10.0
"""Seconds to wait for the cluster's scheduler."""


def finished(work: Work, tasks: Sequence[Task], *, jobs: int = 1, scheduler: str | None = None) -> Arrivals:
    """Each task's options with `work(options, *rest)`, in order of arrival.

    Errors  those of the work; RuntimeError when workers die again and again; ConnectionError when the cluster at
            `scheduler` cannot be reached or goes away

    Every task has one thread: results are the same to the last bit however many run at a time.
    """
    if not tasks:
        return
    if scheduler is not None:
        yield from clustered(work, tasks, scheduler)
    elif jobs == 1:
        for spec, rest in tasks:
            yield spec, alone(work, spec, *rest)
    else:
        yield from pooled(work, tasks, jobs)


def alone(work: Work, spec: dict[str, Any], *rest: Any) -> Any:
    """`work(spec, *rest)` with one thread."""
    with threadpool_limits(1):
        return work(spec, *rest)


def pooled(work: Work, tasks: Sequence[Task], jobs: int) -> Arrivals:
    """The tasks in fresh processes; what dies with one of them is tried again."""
    left = list(tasks)
    for _ in range(DEATHS):
        try:
            with processes(min(jobs, len(left))) as pool:
                for task, result in arriving(pool, work, left):
                    left = [other for other in left if other is not task]
                    yield task[0], result
                return
        except BrokenProcessPool:
            continue
    raise RuntimeError(f"worker processes died {DEATHS} times, with {len(left)} cells left: is there enough memory?")


@contextlib.contextmanager
def processes(jobs: int) -> Iterator[concurrent.futures.Executor]:
    """A pool that is gone afterwards, whatever happens."""
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context, initializer=start)
    try:
        yield pool
    finally:
        workers = list((pool._processes or {}).values())  # noqa: SLF001 (there is no public way to end them)
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()


def clustered(work: Work, tasks: Sequence[Task], address: str) -> Arrivals:
    """The tasks on a Dask cluster; its scheduler gives the tasks of a worker that dies to another."""
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 (the extra `cluster`)
        from distributed.comm import connect  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise RuntimeError("--scheduler needs the extra cluster: pip install '.[cluster]'") from error
    with quiet("distributed.client"):
        try:
            asyncio.run(greeted(connect, address))
            client = Client(address, timeout=TIMEOUT, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ConnectionError(f"no scheduler answers at {address!r} ({error})") from error
        try:
            for task, result in arriving(client.get_executor(pure=False), work, tasks):
                yield task[0], result
        except KilledWorker as error:
            raise RuntimeError(f"workers of the cluster died again and again: {error}") from error
        except ModuleNotFoundError as error:
            raise RuntimeError(f"a worker of the cluster has no module {error.name}: install purevjp there") from error
        except concurrent.futures.CancelledError as error:
            raise ConnectionError(f"the scheduler at {address} went away") from error
        finally:
            client.close(timeout=TIMEOUT)


async def greeted(connect: Callable[..., Any], address: str) -> None:
    """Connect to a scheduler and leave it: a `Client` that finds none waits for itself when it is collected."""
    await (await connect(address, timeout=TIMEOUT)).close()


@contextlib.contextmanager
def quiet(name: str) -> Iterator[None]:
    """No logging by a library: what matters is raised."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def arriving(executor: Any, work: Work, tasks: Sequence[Task]) -> Iterator[tuple[Task, Any]]:
    """The tasks with their results, by any executor of `concurrent.futures`' interface."""
    futures = {executor.submit(alone, work, task[0], *task[1]): task for task in tasks}
    try:
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()
