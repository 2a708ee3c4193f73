"""Rows of purevjp/elementwise.py."""

import jax.numpy as jnp

import purevjp as pv
from oracle.domain import POSITIVE, REAL, case

CASES = (
    case(pv.exp, jnp.exp, "()->()", REAL),
    case(pv.log, jnp.log, "()->()", POSITIVE),
    case(pv.square, jnp.square, "()->()", REAL),
    case(pv.tanh, jnp.tanh, "()->()", REAL),
)
