"""What `check` and `fuzz` found in released backends. `purevjp findings` runs every script again."""

from collections.abc import Sequence

from oracle.findings import autograd_, jax_, mlx_, tinygrad_, torch_
from oracle.findings.finding import Finding

FINDINGS: Sequence[Finding] = (
    *torch_.FINDINGS, *jax_.FINDINGS, *autograd_.FINDINGS, *tinygrad_.FINDINGS, *mlx_.FINDINGS,
)  # fmt: skip
"""By backend; the first that covers a failure explains it."""
