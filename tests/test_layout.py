"""How an array lies in memory changes no answer: C or Fortran order, strides of any sign, and none at all."""

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from purevjp.tree import tree_leaves, tree_map

SQUARE = np.array([[-1.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 1.0, -1.0]])
OTHER = np.array([[2.0, 1.0, 3.0], [1.0, 1.0, 2.0], [1.0, 3.0, 2.0]])
STATIC = {"reshape": {"shape": (2, 9)}, "cross_entropy": {"labels": np.array([0, 2, 1])}}
NAMES = (
    "negative", "add", "subtract", "multiply", "divide", "maximum", "exp", "log", "square", "tanh", "relu", "sigmoid",
    "softmax", "log_softmax", "sum", "mean", "max", "logsumexp", "reshape", "transpose", "concatenate", "dot", "matmul",
    "linear", "squared_loss", "cross_entropy", "mlp2", "mlp", "mlp_loss",
)  # fmt: skip
"""Shown by example here; property tests draw the layout of every row."""

LAYOUTS = {
    "fortran": lambda x: np.array(x, order="F"),
    "strided": lambda x: np.repeat(np.repeat(x, 2, 0), 3, 1)[::2, ::3] if x.ndim == 2 else x,
    "negative stride": lambda x: x[::-1].copy()[::-1] if x.ndim else x,
    "both reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1] if x.ndim == 2 else x,
}


def arguments(name):
    """Small integers for a rule, its static arguments, and a cotangent."""
    trees = {"concatenate": ((SQUARE, OTHER),), "mlp": (SQUARE, [OTHER, (SQUARE, SQUARE[0])])}
    trees |= {
        "reshape": (np.hstack([SQUARE, OTHER]),),
        "mlp_loss": (SQUARE, OTHER, (OTHER, SQUARE)),
        "mlp2": (SQUARE, OTHER, SQUARE),
    }
    two = {"add", "subtract", "multiply", "divide", "maximum", "dot", "matmul", "linear", "squared_loss"}
    xs = trees.get(name) or ((SQUARE, OTHER) if name in two else (OTHER,) if name == "log" else (SQUARE,))
    static = STATIC.get(name, {})
    shape = np.shape(CATALOGUE[name]["rule"](*xs, **static)[0])
    return xs, static, np.arange(float(np.prod(shape))).reshape(shape) - 3


def close(got, should, what):
    """Assert equal numbers but for a few roundoffs: loops over other strides may add in another order."""
    for g, s in zip(tree_leaves(got), tree_leaves(should), strict=True):
        np.testing.assert_allclose(g, s, rtol=1e-14, atol=1e-14, err_msg=what)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_layout_changes_no_answer(name, layout):
    xs, static, u = arguments(name)
    rule, lay = CATALOGUE[name]["rule"], LAYOUTS[layout]
    value, vjp = rule(*xs, **static)
    value_laid, vjp_laid = rule(*tree_map(lay, xs), **static)
    close(value_laid, value, f"value of {layout} arguments")
    close(vjp_laid(u), vjp(u), f"cotangents of {layout} arguments")
    close(vjp(lay(u)), vjp(u), f"cotangents of a {layout} u")


@pytest.mark.parametrize("name", NAMES)
def test_cotangent_of_stride_zero_is_one_like_others(name):
    xs, static, u = arguments(name)
    _, vjp = CATALOGUE[name]["rule"](*xs, **static)
    flat = np.broadcast_to(3.0, u.shape)
    assert u.ndim == 0 or flat.strides == (0,) * u.ndim
    close(vjp(flat), vjp(np.full(u.shape, 3.0)), "cotangents of a u of stride 0")


@pytest.mark.parametrize("name", ["add", "multiply", "sum", "maximum", "softmax"])
def test_arguments_of_stride_zero_are_arguments_like_others(name):
    xs, static, u = arguments(name)
    rule = CATALOGUE[name]["rule"]
    rows = tree_map(lambda x: np.broadcast_to(x[0], x.shape), xs)
    value, vjp = rule(*rows, **static)
    value_full, vjp_full = rule(*tree_map(np.array, rows), **static)
    close(value, value_full, "value of arguments of stride 0")
    close(vjp(u), vjp_full(u), "cotangents of arguments of stride 0")
