"""Rows of purevjp/structural.py."""

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import REAL, case
from oracle.shape import joined, one
from oracle.static import join_axis, new_shape, permutation

CASES = (
    case(
        pv.reshape,
        jnp.reshape,
        one,
        REAL,
        static={"shape": new_shape},
        definition=np.reshape,
        exact=True,
        analytic=True,
    ),
    case(
        pv.transpose,
        jnp.transpose,
        one,
        REAL,
        static={"axes": permutation},
        definition=np.transpose,
        exact=True,
        analytic=True,
    ),
    case(
        pv.concatenate,
        jnp.concatenate,
        joined,
        REAL,
        static={"axis": join_axis},
        definition=np.concatenate,
        exact=True,
        analytic=True,
    ),
)
