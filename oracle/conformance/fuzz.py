"""More cases than the corpus has: Hypothesis draws them, JAX or the referee gives the truth, and failures are shrunk."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase

from oracle.catalogue import CATALOGUE
from oracle.conformance.record import FAILING, JUDGED, Record
from oracle.conformance.session import Session, judged
from oracle.domain import Case
from oracle.draw import draw_numbers, draw_structure, in_regimes
from oracle.plan import judged_group
from oracle.vectors.vector import Vector
