"""Wrong pullbacks of purevjp/calculus.py."""

from collections.abc import Callable
from typing import Any

WRONG: dict[str, dict[str, Callable[..., Any]]] = {}
