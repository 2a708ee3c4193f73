"""Wrong pullbacks of purevjp/binary.py."""
from typing import Any
WRONG: dict[str, Any] = {}
