"""Rows of purevjp/arithmetic.py."""

import jax.numpy as jnp
import numpy as np

import purevjp as pv
from oracle.domain import NONZERO, REAL, case

CASES = (
    case(pv.negative, jnp.negative, "()->()", REAL),
    case(pv.add, jnp.add, "(),()->()", REAL, REAL),
    case(pv.subtract, jnp.subtract, "(),()->()", REAL, REAL),
    case(pv.multiply, jnp.multiply, "(),()->()", REAL, REAL),
    case(pv.divide, jnp.divide, "(),()->()", REAL, NONZERO),
    case(pv.maximum, jnp.maximum, "(),()->()", REAL, REAL, kink=np.subtract),
)
