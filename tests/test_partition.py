"""The order inside the parts of a partition is free: a backend's own is right, with the gradient that goes by it."""

import zlib

import numpy as np
import pytest

import purevjp as pv
from oracle.cli import run
from oracle.conformance import frozen
from oracle.vectors.hold import judged
from oracle.vectors.order import in_order_of, is_partition, places

BACKEND = """
import numpy as np

def partition(x, /, *, kth, axis=-1):
    def flat(z):
        return z.reshape(-1) if axis is None else np.moveaxis(z, axis, -1)

    def back(z):
        return z.reshape(x.shape) if axis is None else np.ascontiguousarray(np.moveaxis(z, -1, axis))

    lanes = flat(x)
    order = np.argsort(lanes, -1, kind="stable")
    cuts = sorted({k % order.shape[-1] + i for k in (kth if isinstance(kth, tuple) else (kth,)) for i in (0, 1)})
    parts = np.split(order, cuts, -1)
    order = np.concatenate([np.flip(part, -1) for part in parts], -1)
    y = np.take_along_axis(lanes, ORDER, -1)

    def pullback(u):
        dx = np.zeros_like(lanes)
        np.put_along_axis(dx, PLACES, np.array(u) if axis is None else np.moveaxis(u, axis, -1), -1)
        return (back(dx),)

    return (y if axis is None else np.ascontiguousarray(np.moveaxis(y, -1, axis))), pullback
"""
"""A partition whose parts are in descending order."""


def backend(tmp_path, order="order", places="order"):
    file = tmp_path / f"kernels_{zlib.crc32(str(tmp_path).encode())}.py"
    file.write_text(BACKEND.replace("ORDER", order).replace("PLACES", places))
    return str(file)


@pytest.mark.usefixtures("here")
def test_another_order_inside_the_parts_is_right(tmp_path, capsys):
    assert run(["check", backend(tmp_path), "partition"]) == 0, capsys.readouterr().out
    assert run(["fuzz", backend(tmp_path), "partition"]) == 0, capsys.readouterr().out


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("order", "places"),
    [
        ("order", "np.argsort(lanes, -1)"),  # u by the sorted order, values by another
        ("np.argsort(lanes, -1)", "order"),
        ("np.roll(np.argsort(lanes, -1), 1, -1)", "np.roll(np.argsort(lanes, -1), 1, -1)"),  # no partition
        ("np.argsort(lanes, -1) * 0 + order[..., :1]", "order"),  # not the elements of x
    ],
)
def test_another_order_is_wrong_where_it_is_no_partition_or_not_that_of_the_gradient(tmp_path, order, places, capsys):
    spec = backend(tmp_path, order, places)
    assert run(["check", spec, "partition"]) == 1
    assert run(["fuzz", spec, "partition"]) == 1
    out = capsys.readouterr().out
    script = out[out.index("# partition/fuzz") :].partition(f"\n{spec}: ")[0]
    with pytest.raises(AssertionError, match="should be"):
        exec(script, {})  # noqa: S102


def test_script_of_a_case_lets_the_order_free(tmp_path, capsys):
    for head in frozen.heads():
        if head["rule"] == "partition" and "/point/" not in head["id"]:
            assert run(["repro", head["id"], "--backend", backend(tmp_path)]) == 0
            exec(capsys.readouterr().out, {})  # noqa: S102


@pytest.mark.parametrize(("kth", "axis"), [(2, 0), (-5, 0), ((1, 3), None), (0, -1)])
def test_truth_is_moved_with_the_value(kth, axis):
    rng = np.random.default_rng(1)
    x, u = rng.permutation(np.arange(15.0)).reshape(5, 3), rng.normal(size=15 if axis is None else (5, 3))
    y, vjp = pv.partition(x, kth=kth, axis=axis)
    (dx,) = vjp(u)
    got = (
        np.partition(x, kth, axis=axis if axis is not None else -1) if axis is not None else np.partition(x, kth, None)
    )
    value, moved = in_order_of(got, {"kth": kth, "axis": axis}, (x,), y, (y, dx))
    assert np.array_equal(value, got)
    weights = dict(zip(got.ravel(), u.ravel(), strict=True))
    assert np.array_equal(moved, np.vectorize(weights.get)(x))
    back = in_order_of(y, {"kth": kth, "axis": axis}, (x,), value, (value, moved))
    assert np.array_equal(back[0], y)
    assert np.array_equal(back[1], dx)


def test_no_partition_moves_nothing():
    x = np.array([3.0, 1.0, 2.0])
    assert is_partition(np.array([2.0, 1.0, 3.0]), x, 2)
    assert not is_partition(np.array([3.0, 1.0, 2.0]), x, 2)
    assert not is_partition(np.array([1.0, 1.0, 3.0]), x, 2)
    assert not is_partition(np.array([1.0, np.nan, 3.0]), x, 2)
    assert places(np.array([2.0, 1.0, 2.0]), np.array([2.0, 2.0, 1.0])).tolist() == [0, 2, 1]
    results = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    of = {"kth": 2, "axis": -1}, (x,), results[0], results
    assert in_order_of(np.array([3.0, 1.0, 2.0]), *of) is results
    assert in_order_of(np.array([3.0, 1.0]), *of) is results


def test_answers_from_elsewhere_may_have_their_own_order():
    vector = frozen.vector("partition/shapes/02/float64")
    (x,), u = vector["xs"], vector["u"]
    assert (x.shape, vector["static"]) == ((3, 3), {"axis": 1, "kth": 0})
    order = np.argsort(x, axis=1)[:, [0, 2, 1]]
    dx = np.empty_like(x)
    np.put_along_axis(dx, order, u, 1)
    assert judged(vector, np.take_along_axis(x, order, 1), (dx,))["verdict"] == "agree"
    assert judged(vector, np.take_along_axis(x, order, 1), (u,))["verdict"] == "wrong"


def test_a_vector_of_bfloat16_is_judged_by_the_order_of_the_answer():
    vector = next(
        v for v in frozen.vectors("partition") if v["dtype"] == "bfloat16" and v["static"]["axis"] is not None
    )
    y, vjp = pv.partition(vector["xs"][0], **vector["static"])
    assert judged(vector, y, vjp(vector["u"]))["verdict"] == "agree"
    assert judged(vector, y, (vjp(vector["u"])[0][::-1],))["verdict"] == "wrong"
