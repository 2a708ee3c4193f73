"""Freed memory stays with the process, where glibc hands it out."""

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
    done = subprocess.run([sys.executable, "-c", FAULTS, module], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other limits")
def test_arrays_come_back_without_page_faults():
    assert faults("numpy") > 1000
    assert faults("purevjp") < 100
