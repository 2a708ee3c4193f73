"""Time of one call."""

import time

ROUNDS = 40
CALLS = 100


def medians(functions):
    """Median seconds of a call of each function, measured in turns so that all see the same machine."""
    rounds = {name: [] for name in functions}
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(CALLS):
                function()
            rounds[name].append((time.perf_counter() - start) / CALLS)
    return {name: sorted(times)[ROUNDS // 2] for name, times in rounds.items()}
