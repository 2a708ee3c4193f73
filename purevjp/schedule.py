"""Schedules: rates as functions of the number of steps done, from 0 on."""

import math
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["constant", "cosine", "linear", "warm_up"]

Schedule: TypeAlias = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """The same rate at every step.

    >>> constant(0.1)(7)
    0.1
    """
    return lambda _step: rate


def linear(start: float, end: float, steps: int) -> Schedule:
    """From `start` to `end` in so many steps, and `end` from then on.

    >>> [linear(1.0, 0.0, 4)(step) for step in (0, 1, 4, 9)]
    [1.0, 0.75, 0.0, 0.0]
    """
    length = counted(steps, "linear")
    return lambda step: mixed(start, end, min(step / length, 1))


def cosine(start: float, steps: int, end: float = 0.0) -> Schedule:
    """From `start` to `end` along half a cosine, and `end` from then on. Source: Loshchilov & Hutter 2017.

    >>> [round(cosine(1.0, 4)(step), 12) for step in (0, 2, 4, 9)]
    [1.0, 0.5, 0.0, 0.0]
    """
    length = counted(steps, "cosine")
    return lambda step: mixed(end, start, 0.5 * (1 + math.cos(math.pi * min(step / length, 1))))


def warm_up(schedule: Schedule | float, steps: int, start: float = 0.0) -> Schedule:
    """From `start` to the schedule's first rate in so many steps, and then the schedule; a number is a constant one.

    >>> [warm_up(linear(1.0, 0.0, 4), 2)(step) for step in (0, 1, 2, 3, 6)]
    [0.0, 0.5, 1.0, 0.75, 0.0]
    """
    then = schedule if callable(schedule) else constant(schedule)
    length = counted(steps, "warm_up")
    return lambda step: mixed(start, then(0), step / length) if step < steps else then(step - steps)


def mixed(first: float, second: float, share: float) -> float:
    """From the first, at 0, to the second, at 1: both exactly."""
    return first * (1 - share) + second * share


def counted(steps: int, schedule: str) -> int:
    """A number of steps, if it is one."""
    if steps < 1:
        raise ValueError(f"{schedule} got {steps} steps, but should get one or more")
    return steps
