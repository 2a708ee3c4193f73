"""What `import purevjp` costs beside `import numpy`."""

import subprocess
import sys
import time

RUNS = 15


def import_ratio():
    """Time of a fresh interpreter that imports purevjp over one that imports NumPy, an empty one taken off both."""
    modules = {"nothing": "pass", "numpy": "import numpy", "purevjp": "import purevjp"}
    times = {name: [] for name in modules}
    for _ in range(RUNS):
        for name, code in modules.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times[name].append(time.perf_counter() - start)
    nothing, numpy, purevjp = (min(times[name]) for name in modules)
    return (purevjp - nothing) / (numpy - nothing)
