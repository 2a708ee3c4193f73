"""`python -m bench conformance`: what it costs to hold a backend against the corpus.

A case costs what one worker takes for it, its start and the backend's import aside; sweeps are whole.
"""

import importlib.resources
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from oracle.conformance import frozen
from oracle.conformance.record import JUDGED
from oracle.conformance.sweep import swept

NUMPY = "import scipy.special\nfrom purevjp import *\n"  # what purevjp imports when gelu is first called
IN_C = {"layer_norm", "multiply", "relu", "tanh"}
LIMIT = 60.0
LONG = 100_000


def options(spec, *, command=False):
    return {"spec": str(spec), "strict": False, "limit": LIMIT, "command": command}


def repeated(heads, n):
    """So many cases, all of the corpus before one comes again."""
    return (heads * -(-n // len(heads)))[:n]


def sweep(of, heads, jobs=1):
    """Seconds of a sweep, those of its cases alone, and how many were judged."""
    start = time.perf_counter()
    records = swept(of, heads, jobs)
    count = int(next(records)["verdict"] in JUDGED)
    first = time.perf_counter()
    count += sum(line["verdict"] in JUDGED for line in records)
    end = time.perf_counter()
    return end - start, end - first, count


def compiled(folder):
    """The template of an adapter in C, compiled; None where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source = importlib.resources.files("oracle.adapters") / "adapter.c"
    program = folder / "adapter"
    with importlib.resources.as_file(source) as file:
        subprocess.run([compiler, "-std=c99", "-O2", "-o", str(program), str(file), "-lm"], check=True)
    return program


def print_rate(title, of, heads):
    whole, cases, count = sweep(of, heads)
    rate = len(heads) / cases
    print(f"{title}: {rate:.0f} cases per second, {count} of {len(heads)} judged, {whole:.1f} s in all", flush=True)


def print_conformance():
    heads = frozen.heads()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "kernels.py"
        file.write_text(NUMPY, encoding="utf-8")
        print_rate("a NumPy backend, rules in purevjp's form", options(file), heads)
        program = compiled(folder)
        if program is not None:
            own = [head for head in heads if head["rule"] in IN_C and head["dtype"] == "float32"]
            print_rate("the adapter in C", options(program, command=True), repeated(own, 5000))
        print_rate("PyTorch, the whole corpus", options("torch"), heads)
        for n in (1_000, 10_000, 100_000):
            _, cases, _ = sweep(options(file), repeated(heads, n))
            print(f"a sweep of {n} cases: {cases / n * 1e6:.0f} µs per case", flush=True)
        alone, together = (sweep(options(file), repeated(heads, LONG), jobs)[0] for jobs in (1, 2))
        print(f"a sweep of {LONG} cases: {alone / together:.2f} times as fast with two workers as with one")
