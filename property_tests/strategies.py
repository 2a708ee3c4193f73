"""Hypothesis draws the structure, so that it shrinks; numbers come from a drawn seed."""

import numpy as np
from hypothesis import strategies as st

from oracle.draw import LAYOUTS, VALUES, draw_kinks, draw_numbers, draw_structure, relaid


@st.composite
def structures(draw, case):
    """Shapes and static arguments of a row, and a seed for its numbers."""
    shapes, static = draw_structure(case, lambda options: draw(st.sampled_from(options)))
    return shapes, static, draw(st.integers(0, 2**32 - 1))


@st.composite
def arguments(draw, case, *, dtypes=(np.float64, np.float32), kinks=False):
    """Arguments of a row away from its kinks, or on them."""
    shapes, static, seed = draw(structures(case))
    rng, dtype = np.random.default_rng(seed), draw(st.sampled_from(dtypes))
    if kinks:
        drawn = draw_kinks(case, shapes, static, rng, dtype=dtype)
    else:
        drawn = draw_numbers(case, shapes, static, rng, dtype=dtype, values=draw(st.sampled_from(VALUES)))
    return relaid(drawn, draw(st.sampled_from(LAYOUTS)))
