"""Rows of purevjp/activation.py."""

import jax
import numpy as np

import purevjp as pv
from oracle.domain import REAL, SHIFTED, case
from oracle.shape import filled_lanes
from oracle.static import lane_axes

CASES = (
    case(pv.relu, jax.nn.relu, "()->()", REAL, kink=np.asarray),
    case(pv.sigmoid, jax.nn.sigmoid, "()->()", REAL),
    case(pv.softmax, jax.nn.softmax, filled_lanes, SHIFTED, static={"axis": lane_axes}),
    case(pv.log_softmax, jax.nn.log_softmax, filled_lanes, SHIFTED, static={"axis": lane_axes}),
)
