"""Freed memory stays with the process, where glibc hands it out."""

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import sys
import numpy as np
if sys.argv[1] == "purevjp":
    import purevjp
def step():
    [np.ones(1 << 18) for _ in range(8)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
[step() for _ in range(5)]
before = step()
print(step() - before)
"""


def faults(module):
    """Pages that a step takes anew, whose arrays the step before had freed."""
    usual = {name: of for name, of in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}  # Dask sets one
    command = [sys.executable, "-c", FAULTS, module]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=usual)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other limits")
def test_arrays_come_back_without_page_faults():
    assert faults("numpy") > 1000
    assert faults("purevjp") < 100
