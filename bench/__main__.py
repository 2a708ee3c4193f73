"""`make bench`: purevjp beside others, as ratios within one process; above 1 purevjp is the faster one."""

import os
import subprocess
import sys

from bench.imports import import_ratio
from bench.training import training_steps


def print_steps(where):
    step, others = training_steps()
    print(f"training step of mlp_loss, 9-64-64-1, batch 32, float64, {where}: {step * 1e6:.0f} µs")
    for name, seconds in others.items():
        print(f"  {name:<16}{seconds / step:5.2f}")
    sys.stdout.flush()


if len(sys.argv) > 1:
    print_steps(sys.argv[1])
else:
    print_steps("threads as each library sets them")
    one_core = "import os, runpy; os.sched_setaffinity(0, [max(os.sched_getaffinity(0))]); runpy.run_module('bench')"
    subprocess.run(
        [sys.executable, "-c", one_core, "all on one core"], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    print(f"import purevjp over import numpy: {import_ratio():.2f}")
