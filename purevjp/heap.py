"""Memory that is freed stays with the process.

A step of training frees and takes the same arrays again. glibc gives freed memory back to the system where it is more
than twice the largest array freed before, and each page that is taken again is then a fault: up to a third of the step.
One array just below 32 MiB, freed untouched, sets that limit to 64 MiB, the most that glibc goes to by itself
(mallopt(3), M_MMAP_THRESHOLD). Other allocators lose nothing by it.
"""

import numpy as np

LARGEST = (32 << 20) - (64 << 10)


def keep_freed() -> None:
    """Take memory and free it, untouched."""
    np.empty(LARGEST, np.uint8)
