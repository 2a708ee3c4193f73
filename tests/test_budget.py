"""The error scale of small programs, and of every primitive that a row meets."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oracle.budget import RUNS, with_error
from oracle.catalogue import CATALOGUE
from oracle.draw import draw_numbers, draw_structure
from oracle.evaluate import results, run
from oracle.plan import seeded, structures
from oracle.propagate import EXACT, MOVES, PROPAGATE
from oracle.propagate_linalg import ALONGSIDE, FACTORISE
from oracle.reference import float64_on_cpu, reference, references, rounding_of
from oracle.verdict import FACTOR, error_ratios
from purevjp.tree import tree_leaves


def ordinary(case, examples):
    """Seeded arguments of ordinary size in both dtypes."""
    rng, choose = seeded(case, 1)
    return [
        draw_numbers(case, shapes, static, rng, dtype=dtype)
        for shapes, static in structures(case, choose, examples)
        for dtype in (np.float64, np.float32)
    ]


def empty(case):
    """Seeded arguments without elements, if a row has any."""
    rng, choose = seeded(case, 2)
    drawn = (draw_structure(case, choose) for _ in range(100))
    chosen = [structure for structure in drawn if 0 in tree_leaves(structure[0])][:3]
    return [draw_numbers(case, shapes, static, rng) for shapes, static in chosen]


def sums(x):
    """Float32 sums of the same numbers in several right orders."""
    yield x.sum()
    yield np.cumsum(x)[-1]
    yield np.cumsum(x[::-1])[-1]
    yield np.cumsum(np.random.default_rng(1).permutation(x))[-1]
    yield x.reshape(-1, 8).sum(axis=0).sum()


@pytest.mark.parametrize("offset", [0, 100])
@pytest.mark.parametrize("n", [64, 4096])
def test_scale_covers_every_right_order_of_a_sum(n, offset):
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = (rng.normal(size=n) + offset).astype(np.float32)
        (truth, _), (scale, _) = reference(jnp.sum, (x,), {}, np.float32(1))
        for got in sums(x):
            assert abs(float(got) - truth) <= FACTOR * scale, f"{got} should be {truth} ± {FACTOR * scale}"


def test_scale_sees_the_cancellation_of_intermediate_results():
    x, y = np.float32(1e4), np.float32(1e-3)
    (_, *_), (scale, *_) = reference(lambda x, y: (x + y) - x, (x, y), {}, np.float32(1))
    assert 1e-4 < scale < 1e-2, f"the scale of (x + y) − x is {scale}, but should be near ρ x"


def test_conversion_from_truth_values_has_no_error():
    counterpart = CATALOGUE["cross_entropy"]["counterpart"]
    static = {"labels": np.array([0, 2]), "axis": -1, "reduction": "sum"}
    x = np.array([[0.5, -1.0, 0.25], [0.0, 1.0, 2.0]])
    _, scales = reference(counterpart, (x,), static, np.float64(1.5))
    assert all(np.all(scale < 1e-14) for scale in scales)


def test_unselected_elements_have_no_scale():
    x = np.array([-1.0, 2.0])
    (_, dx), (_, scale) = reference(jax.nn.relu, (x,), {}, np.array([3.0, 4.0]))
    assert dx[0] == scale[0] == 0


def in_a_loop(x):
    return jax.lax.fori_loop(0, 6, lambda i, c: c * jnp.tanh(x[i]), 1.0)


def in_a_scan(x):
    return jax.lax.scan(lambda c, a: (c * jnp.tanh(a), None), 1.0, x)[0]


def in_a_while(x):
    halves = jax.lax.while_loop(lambda at: at[0] < 6, lambda at: (at[0] + 1, at[1]), (0, 1.0))[1]
    return in_a_scan(x) * jax.lax.stop_gradient(halves)


def in_a_branch(x):
    return jax.lax.cond(x[0] > 0, in_a_scan, jnp.sum, x)


def rematerialised(x):
    return jax.checkpoint(in_a_scan)(x)


@pytest.mark.parametrize("f", [in_a_loop, in_a_scan, in_a_while, in_a_branch, rematerialised])
def test_control_flow_has_the_scale_of_the_same_steps_written_out(f):
    x = np.linspace(0.5, 1.5, 6)

    def written_out(x):
        return functools.reduce(lambda c, a: c * jnp.tanh(a), [x[i] for i in range(6)], 1.0)

    truth, scale = reference(f, (x,), {}, np.float32(1))
    should, scale_should = reference(written_out, (x,), {}, np.float32(1))
    for got, expected in zip(truth, should, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14)
    for got, expected in zip(scale, scale_should, strict=True):
        np.testing.assert_allclose(got, expected, rtol=0.35)  # a loop also rounds 1 · tanh and the sums of cotangents


def test_unknown_primitive_is_an_error_that_names_it():
    with float64_on_cpu(), pytest.raises(NotImplementedError, match="no rule for the primitive 'bessel_i1e'"):
        with_error(jax.jit(jax.lax.bessel_i1e).trace(0.5))((2.0**-53, 0.0, 2.0**-53), 0.5)


def test_oracle_leaves_the_settings_of_jax_alone():
    reference(jnp.exp, (np.ones(2),), {}, np.ones(2))
    assert jnp.asarray(np.ones(2)).dtype == np.float32


def primitives(jaxpr):
    """The names of all primitives in a jaxpr and in those it runs."""
    for eqn in jaxpr.eqns:
        yield eqn.primitive.name
        for inner in jax.tree.leaves(list(eqn.params.values()), is_leaf=lambda part: hasattr(part, "eqns")):
            closed = getattr(inner, "jaxpr", inner)
            if hasattr(closed, "eqns"):
                yield from primitives(closed)


def program(case, arguments):
    """The function that gives value and cotangents."""

    def of(u, *xs):
        value, vjp = jax.vjp(lambda *at: case["counterpart"](*at, **arguments["static"]), *xs)
        return value, vjp(u)

    return of


def met(case, arguments):
    """The primitives of the program that gives value and cotangents."""
    with float64_on_cpu():
        return set(primitives(jax.make_jaxpr(program(case, arguments))(arguments["u"], *arguments["xs"]).jaxpr))


def test_every_primitive_that_a_row_meets_has_a_rule():
    known = {*EXACT, *MOVES, *PROPAGATE, *FACTORISE, *ALONGSIDE, *RUNS}
    meets = {rule: met(case, arguments) for rule, case in CATALOGUE.items() for arguments in ordinary(case, 2)[::2]}
    everything = set().union(*meets.values())
    assert everything >= {"dot_general", "exp", "reduce_sum", "select_n", "custom_jvp_call"}
    integers = {"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "is_finite", "lt_to", "xor", "rem"}
    integers |= {"bitcast_convert_type", "platform_index", "reduce_or", "shift_right_arithmetic"}
    for rule, names in meets.items():
        missing = names - known - integers
        assert not missing, f"{rule} meets {sorted(missing)}, which the error scale has no rule for"


@pytest.mark.parametrize("rule", CATALOGUE)
def test_numpy_gives_each_result_of_a_program_in_the_shape_and_dtype_of_jax(rule):
    case = CATALOGUE[rule]

    def checked(eqn, values):
        outs = results(eqn, values)
        for out, var in zip(outs, eqn.outvars, strict=True):
            assert (np.shape(out), np.result_type(out)) == (var.aval.shape, var.aval.dtype), eqn.primitive.name
        return outs

    for arguments in [*ordinary(case, 2)[::2], *empty(case)]:
        leaves = tree_leaves((arguments["u"], arguments["xs"]))
        with float64_on_cpu(), np.errstate(all="ignore"):
            traced = jax.make_jaxpr(program(case, arguments))(arguments["u"], *arguments["xs"])
            got = run(traced.jaxpr, traced.consts, leaves, checked)
        truth, scale = reference(case["counterpart"], arguments["xs"], arguments["static"], arguments["u"])
        for y, true, error in zip(got, tree_leaves(truth), tree_leaves(scale), strict=True):
            assert true.shape == error.shape
            assert np.all(error_ratios(y, true, error) <= FACTOR), f"{y} should be {true}, as by XLA"


def test_a_primitive_without_a_rule_would_be_named():
    case = {**CATALOGUE["exp"], "counterpart": jax.lax.bessel_i1e}
    names = met(case, {"xs": (np.ones(3),), "static": {}, "u": np.ones(3)})
    assert "bessel_i1e" in names - {*EXACT, *MOVES, *PROPAGATE, *RUNS}


@pytest.mark.parametrize("rule", ["softmax", "matmul", "cross_entropy", "mlp"])
def test_a_batch_has_the_truths_and_scales_of_its_members(rule):
    case = CATALOGUE[rule]
    first, second = ordinary(case, 1)
    truth, scale = references(
        case["counterpart"], first["static"], [(each["xs"], each["u"]) for each in (first, second, first)]
    )
    for i, each in enumerate((first, second, first)):
        alone = reference(case["counterpart"], each["xs"], each["static"], each["u"])
        for of, should in zip((truth, scale), alone, strict=True):
            for got, leaf in zip(tree_leaves(of), tree_leaves(should), strict=True):
                np.testing.assert_allclose(got[i], leaf, rtol=1e-9, atol=1e-300)


def test_sums_of_float16_are_expected_to_be_added_in_float32():
    x, u = np.linspace(-1, 1, 1000).astype(np.float16), np.float16(1)
    (_, _), (fine, _) = reference(jnp.sum, (x,), {}, u)
    roundoff, underflow, _ = rounding_of(np.float16)
    (_, _), (coarse, _) = reference(jnp.sum, (x,), {}, u, rounding=(roundoff, underflow, roundoff))
    assert fine < coarse / 20, f"the scale {fine} should be far below {coarse}, that of sums in float16"


def test_zeros_by_underflow_are_covered_and_structural_ones_are_exact():
    x, u = np.array([-100.0, 0.0], np.float32), np.ones(2, np.float32)
    (y, _), (scale, _) = reference(jnp.exp, (x,), {}, u)
    assert y[0] < np.finfo(np.float32).tiny <= scale[0], "a flushed subnormal number is within the scale"
    _, (_, masked) = reference(lambda x: jnp.where(x < 0, 0, x * x), (x,), {}, u)
    assert masked[0] == 0, "the scale of an element that is masked should be 0"


def test_a_subnormal_truth_has_a_scale_beside_large_ones():
    counterpart = CATALOGUE["cross_entropy"]["counterpart"]
    static = {"labels": np.array([0]), "axis": -1, "reduction": "sum"}
    (_, dx), (_, scale) = reference(counterpart, (np.array([[0.0, -712.0]]),), static, np.float64(1))
    assert dx[0, 1] <= 1e-300
    assert scale[0, 1] > 1e-310, "squares of errors underflow, errors do not"
