"""Time of one call."""

import time

ROUNDS = 40
CALLS = 100


def medians(functions, rounds=ROUNDS, calls=CALLS):
    """Median seconds of a call of each function, measured in turns so that all see the same machine."""
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(calls):
                function()
            times[name].append((time.perf_counter() - start) / calls)
    return {name: sorted(of)[rounds // 2] for name, of in times.items()}
