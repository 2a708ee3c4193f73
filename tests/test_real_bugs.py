"""Wrong gradients that other projects shipped, by the thread where they were found and the numbers of its input.

Those of rules with a file of their own for such points (powers, convolutions, indices, ...) are named there.
"""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

import purevjp as pv
from oracle.wrong.catalogue import WRONG, WRONG_VALUES

INF, NAN = math.inf, math.nan
FLOATS = (np.float16, np.float32, np.float64)
SIDES = np.arange(1.0, 9).reshape(2, 1, 4, 1)
PIXELS = np.arange(512.0).reshape(2, 1, 4, 64) % 5


def concatenate(*arrays, axis):
    """The rule, with its arrays in a row."""
    value, vjp = pv.concatenate(arrays, axis=axis)
    return value, lambda u: vjp(u)[0]


EXACT = {
    # thread: rule, arrays, static arguments, u, value, cotangents
    "burn #181, PR #312": (
        pv.add, [[[1], [2]], [[1, 2, 3]]], {}, [[1, 2, 3], [4, 5, 6]], [[2, 3, 4], [3, 4, 5]],
        [[[6], [15]], [[5, 7, 9]]],
    ),
    "burn #686, PR #702": (
        pv.matmul, [[[1, 2]], [[[1], [2]], [[3], [4]]]], {}, [[[1]], [[10]]], [[[5]], [[11]]],
        [[[31, 42]], [[[1], [2]], [[10], [20]]]],
    ),
    "pytorch #13669": (
        pv.subtract, [2, np.zeros(1000)], {}, np.ones(1000), np.full(1000, 2), [1000, -np.ones(1000)],
    ),
    "apache/tvm PR #2465": (
        pv.subtract, [[[1], [2]], [[1, 2, 3], [4, 5, 6]]], {}, [[1, 2, 3], [4, 5, 6]], [[0, -1, -2], [-2, -3, -4]],
        [[[6], [15]], [[-1, -2, -3], [-4, -5, -6]]],
    ),
    "aesara #1089": (
        pv.add, [np.zeros((1, 5)), np.zeros((5, 5))], {}, np.arange(25).reshape(5, 5), np.zeros((5, 5)),
        [[[50, 55, 60, 65, 70]], np.arange(25).reshape(5, 5)],
    ),
    "tt-metal #40008": (
        pv.multiply, [PIXELS, SIDES], {}, PIXELS, PIXELS * SIDES,
        [PIXELS * SIDES, (PIXELS * PIXELS).sum(-1, keepdims=True)],
    ),
    "micrograd_c #1": (pv.subtract, [5, 3], {}, 2, 2, [2, -2]),
    "micrograd #2, cTensor #5, neon #169, nnabla #532, ARENA_3.0 #127": (
        pv.add, [[3, -2], [3, -2]], {}, [1, 5], [6, -4], [[1, 5], [1, 5]],
    ),
    "autograd #138": (pv.max, [[3, 3]], {}, 1, 3, [[0.5, 0.5]]),
    "autograd #141": (pv.maximum, [[3], [3]], {}, [1], [3], [[0.5], [0.5]]),
    "jax #37821, #13600, PR #2195": (
        pv.maximum, [[0, -0.0, 1, -1], 0], {}, [4, 4, 4, 4], [0, 0, 1, 0], [[2, 2, 4, 0], 8],
    ),
    "candle PR #534": (pv.minimum, [[1, 4], [2, 3]], {}, [5, 7], [1, 3], [[5, 0], [0, 7]]),
    "burn PR #3555": (pv.max, [[[1, 4], [3, 2]]], {"axis": 0}, [5, 7], [3, 4], [[[0, 7], [5, 0]]]),
    "pytorch #18287, #36923, #108618, #156212, #52248": (
        pv.where, [[INF, -INF], [101, 0]], {"condition": np.zeros(2, bool)}, [3, 2], [101, 0], [[0, 0], [3, 2]],
    ),
    "pytorch #31829": (pv.softplus, [[INF]], {}, [3], [INF], [[3]]),
    "tt-metal PR #57374": (pv.clip, [[NAN, 3, 7], 0, 6], {}, [2, 2, 2], [NAN, 3, 6], [[0, 2, 0], 0, 2]),
    "burn PR #402": (
        concatenate, [[[1, 2]], [[3, 4], [5, 6]]], {"axis": 0}, [[1, 2], [3, 4], [5, 6]], [[1, 2], [3, 4], [5, 6]],
        [[[1, 2]], [[3, 4], [5, 6]]],
    ),
    "burn PR #4069": (concatenate, [[1], [2, 3], [4]], {"axis": 0}, [5, 6, 7, 8], [1, 2, 3, 4], [[5], [6, 7], [8]]),
    "burn PR #4069: unfold": (
        pv.sliding_window_view, [[1, 2, 3]], {"window_shape": 2}, [[1, 2], [3, 4]], [[1, 2], [2, 3]], [[1, 5, 4]],
    ),
    "mlx PR #1708": (
        pv.reshape, [[[1, 2], [3, 4], [5, 6], [7, 8]]], {"shape": (2, 2, 2)}, [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
        [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[[1, 2], [3, 4], [5, 6], [7, 8]]],
    ),
    "FlagGems PR #359": (
        pv.take, [[[1, 2], [3, 4], [5, 6]]], {"indices": [0, 2, 0], "axis": 0}, [[1, 2], [3, 4], [5, 6]],
        [[1, 2], [5, 6], [1, 2]], [[[6, 8], [0, 0], [3, 4]]],
    ),
    "burn PR #1739": (
        pv.index_add, [[1, 2, 3], [10, 20]], {"index": [0, 2]}, [4, 5, 6], [11, 2, 23], [[4, 5, 6], [4, 6]],
    ),
    "pytorch #80204": (
        pv.index_set, [np.zeros(6), [1, 2, 3, 4]], {"index": [4, 2, 4, 5]}, [1, 2, 3, 4, 5, 6], [0, 0, 2, 0, 3, 4],
        [[1, 2, 0, 4, 0, 0], [0, 3, 5, 6]],
    ),
    "autograd 21e70d6: of one": (pv.linspace, [1, 8], {"num": 1}, [3], [1], [3, 0]),
    "autograd 21e70d6: of none": (pv.linspace, [1, 8], {"num": 0}, [], [], [0, 0]),
    "autograd 21e70d6: of five": (
        pv.linspace, [0, 8], {"num": 5}, [4, 8, 12, 16, 20], [0, 2, 4, 6, 8], [20, 40],
    ),
    "diff-gaussian-rasterization PR #64, gaussian-splatting #551": (
        pv.quadratic_form, [[2, 3], [[1, 0.5], [0.5, 1]]], {}, -0.5, 19, [[-3.5, -4], [[-2, -3], [-3, -4.5]]],
    ),
    "pytorch #60524": (
        pv.avg_pool, [np.arange(16).reshape(1, 1, 2, 2, 4)], {"window": (1, 1, 2)}, np.arange(8).reshape(1, 1, 2, 2, 2),
        2 * np.arange(8).reshape(1, 1, 2, 2, 2) + 0.5, [np.arange(8).repeat(2).reshape(1, 1, 2, 2, 4) / 2],
    ),
    "mlx PR #2187": (
        pv.conv, [[[[1, 2, 3]]], [[[1, 10]]]], {"padding": ((0, 1),)}, [[[1, 2, 4]]], [[[21, 32, 3]]],
        [[[[1, 12, 24]]], [[[17, 8]]]],
    ),
    "openxla/xla PR #8225": (
        pv.layer_norm, [[[-1, 1, -1, 1]], [1, 2, 3, 4], [5, 5, 5, 5]], {"epsilon": 0.0}, [[1, 0, 0, 0]], [[4, 7, 2, 9]],
        [[[0.5, 0, -0.5, 0]], [-1, 0, 0, 0], [1, 0, 0, 0]],
    ),
    "pytorch/xla #3361, pytorch #586, torch/nn #768, mxnet #9580": (
        pv.batch_norm_inference, [[[6], [-2]], [8], [1]], {"mean": [2], "variance": [15], "epsilon": 1}, [[2], [4]],
        [[9], [-7]], [[[4], [8]], [-2], [6]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("rule", "xs", "static", "u", "value", "cotangents"), EXACT.values(), ids=EXACT)
def test_exact(rule, xs, static, u, value, cotangents, dtype):
    got, vjp = rule(*(np.array(x, dtype) for x in xs), **static)
    np.testing.assert_array_equal(got, np.array(value, dtype))
    dxs = vjp(np.array(u, dtype))
    for dx, should in zip(dxs, cotangents, strict=True):
        np.testing.assert_array_equal(dx, np.array(should, dtype))
        assert (np.shape(dx), dx.dtype) == (np.shape(should), dtype)
    assert not any(np.shares_memory(*pair) for pair in itertools.combinations(dxs, 2))


NEAR = {
    # thread: rule, arrays, static arguments, u, cotangents; within four roundings
    "pytorch #27134": (pv.power, [[0, 2], [1, 1]], {}, [1, 1], [[1, 1], [0, 2 * math.log(2)]]),
    "jax #14397": (
        pv.power, [3.140625, [0, 1]], {}, [1, 1], [1, [math.log(3.140625), 3.140625 * math.log(3.140625)]],
    ),
    "tinygrad PR #9075": (
        pv.power, [[0, 0, 0, 1, 1, 1, 1, 1], [0.25, 1, 2, -1, 0, 0.25, 1, 2]], {}, np.ones(8),
        [[INF, 1, 0, -1, 0, 0.25, 1, 2], np.zeros(8)],
    ),
    "FlagGems #5218": (
        pv.interp, [range(10), [1, 10]], {"xp": [0, 9]}, range(1, 11), [range(1, 11), [55 / 3, 110 / 3]],
    ),
    "jax #40315": (pv.tanh, [[4, -4]], {}, [1, 2], [[4 / (math.exp(4) + math.exp(-4)) ** 2 * k for k in (1, 2)]]),
    "Liger-Kernel PR #1329": (
        pv.cross_entropy, [[8, 0, 0, 0]], {"labels": 0}, 4, [[4 * k / (math.exp(8) + 3) for k in (-3, 1, 1, 1)]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("rule", "xs", "static", "u", "cotangents"), NEAR.values(), ids=NEAR)
def test_near(rule, xs, static, u, cotangents, dtype):
    eps = np.finfo(dtype).eps
    _, vjp = rule(*(np.array(x, dtype) for x in xs), **static)
    with np.errstate(divide="ignore"):
        dxs = vjp(np.array(u, dtype))
    size = {pv.cross_entropy: 4}.get(rule, 0)  # p − 1 is accurate to roundings of u, not of itself
    for dx, should in zip(dxs, cotangents, strict=True):
        np.testing.assert_allclose(dx, np.array(should, np.float64), rtol=4 * eps, atol=2 * eps * size)
        assert dx.dtype == dtype


def mlx(z):
    """A complex number as an array, in double precision."""
    return np.array(z, np.complex128)


@pytest.mark.parametrize(
    ("rule", "xs", "u", "cotangents"),
    [
        pytest.param(pv.multiply, [np.array(3.0), mlx(2 + 3j)], 2 + 4j, [-8, 6 + 12j], id="mlx PR #2178: a b"),
        pytest.param(pv.divide, [mlx(2), mlx(1j)], 1, [-1j, 2], id="mlx PR #2178: a / b"),
        pytest.param(pv.fft, [mlx([0, 0, 0, 0])], [0, 1j, 0, 0], [[1j, 1, -1j, -1]], id="mlx PR #2178: fft"),
        pytest.param(pv.prod, [mlx([1 + 1j, 2 - 1j])], 1j, [[1 + 2j, -1 + 1j]], id="mlx PR #3433: prod"),
        pytest.param(pv.log, [mlx(1j)], 1, [-1j], id="mlx PR #3605: log"),
        pytest.param(pv.exp, [mlx(1j * math.pi)], 2j, [-2j], id="mlx PR #3605: exp"),
    ],
)
def test_nothing_is_conjugated(rule, xs, u, cotangents):
    for dx, should in zip(rule(*xs)[1](mlx(u)), cotangents, strict=True):
        np.testing.assert_allclose(dx, should, rtol=1e-15, atol=1e-15)


THREAD = re.compile(r"(?:(?!PR )([A-Za-z][\w./-]*) )?(?:PR )?(?:#(\d+)|\b([0-9a-f]{7})\b)")


def threads(text):
    """What a name cites: projects, each with a number or a commit; a project holds until the next."""
    found, project = [], ""
    for name, number, commit in THREAD.findall(text):
        project = name or project
        found.append((project.lower(), number or commit))
    return found


def test_a_name_is_read_as_the_threads_it_cites():
    assert threads("burn #3864, PR #5141: cumprod") == [("burn", "3864"), ("burn", "5141")]
    assert threads("Liger-Kernel PR #1329, ARENA_3.0 #127") == [("liger-kernel", "1329"), ("arena_3.0", "127")]
    assert threads("llm.c dd8c9f5: = for +=") == [("llm.c", "dd8c9f5")]


def test_each_thread_is_named_once_for_a_rule():
    tables = itertools.chain(EXACT.items(), NEAR.items())
    named = [(*thread, row[0].__name__, name.partition(":")[2]) for name, row in tables for thread in threads(name)]
    assert len(named) > 50
    assert len(set(named)) == len(named), f"named twice: {sorted(n for n in named if named.count(n) > 1)}"


def test_each_thread_that_names_a_mutant_is_a_test_case():
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = {t for of in (*WRONG.values(), *WRONG_VALUES.values()) for name in of for t in threads(name)}
    assert len(named) > 50
    missing = [t for t in sorted(named) if not re.search(rf"{'[#_]' if t[1].isdigit() else '[ _]'}{t[1]}(?!\d)", tests)]
    assert not missing
