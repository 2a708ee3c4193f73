"""The contract of the README, held against every public rule: its form, its row, what it refuses and what it keeps."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import purevjp as pv
from oracle.catalogue import CATALOGUE, FAMILIES
from oracle.draw import draw_numbers, draw_structure
from oracle.pack import joined
from oracle.reference import float64_on_cpu
from purevjp import __main__ as console
from purevjp.tree import tree_leaves, tree_map

ROOT = Path(__file__).parents[1]
MODULES = {name: importlib.import_module(f"purevjp.{name}") for name in FAMILIES}
NOT_RULES = {"ACTIVATIONS", "init_mlp"}
RULES = {name: getattr(module, name) for module in MODULES.values() for name in module.__all__ if name not in NOT_RULES}

LABELS = {"Value", "Pullback", "Domain", "Kinks", "Shapes", "Keeps", "Errors", "Lacks", "Source", "Units"}
ALWAYS = {"Value", "Pullback", "Shapes", "Keeps"}
LABELLED = re.compile(r"([A-Z]\w*) +(?=\S)")

NARROW = {"d": np.float32, "D": np.complex64}

V2 = np.array([5.0, 6.0])


SCALARS = {name: ((V2,), {}) for name in ("sum", "mean", "max", "logsumexp")} | {
    "dot": ((V2, V2), {}),
    "cross_entropy": ((np.array([V2, V2]),), {"labels": np.array([0, 1])}),
}


def sample(name):
    """Arguments that the row of a rule draws: float64 or complex128, each array with several elements if possible."""
    case, rng = CATALOGUE[name], np.random.default_rng(0)
    for _ in range(200):
        shapes, static = draw_structure(case, lambda options: options[int(rng.integers(len(options)))])
        drawn = draw_numbers(case, shapes, static, rng)
        if all(leaf.size > 1 for leaf in tree_leaves((drawn["xs"], drawn["u"]))):
            break
    is_complex = [domain["is_complex"] for domain in case["domains"]]
    return tuple(joined(x) if c else x for x, c in zip(drawn["xs"], is_complex, strict=True)), static


def cast(x, dtype):
    """An array of another dtype; of a complex one the real part, if it has to be."""
    return (x if np.dtype(dtype).kind == "c" else x.real).astype(dtype)


def like(value, change):
    """A cotangent of ones for a value, the first array changed."""
    first, *rest = [np.ones_like(leaf) for leaf in tree_leaves(value)]
    leaves = iter([change(first), *rest])
    return tree_map(lambda _: next(leaves), value)


INNER = {"mlp2": "linear|dense|mlp", "mlp": "linear|dense", "mlp_loss": "linear|dense|mlp|squared_loss"}
"""The rules a network is composed of: they may speak for it."""

OF_U = r"u(\[\d\])*"
"""How a rule may speak of a cotangent, or of one of several."""

rules = pytest.mark.parametrize("name", RULES)


def named(name):
    """A pattern of the rules that may be named when `name` is called."""
    return rf"({name}|{INNER.get(name, name)})"


def labels(rule):
    """The labels of a docstring in order; every line is labelled, continued under its label, or of the doctest."""
    head, blank, *rest = inspect.getdoc(rule).splitlines()
    assert head.endswith("."), f"{rule.__name__}: the first line is {head!r}, but should be a sentence"
    assert not blank, f"{rule.__name__}: the second line is {blank!r}, but should be blank"
    end = rest.index("")
    found = []
    for line in rest[:end]:
        label = LABELLED.match(line)
        text = label.end() if label else len(line) - len(line.lstrip())
        assert text == 10, f"{rule.__name__}: {line!r} has its text at {text}, but should have it at column 10"
        found += [label[1]] if label else []
    assert rest[end + 1].startswith(">>> "), f"{rule.__name__}: {rest[end + 1]!r} should be a doctest"
    return found


@rules
def test_docstring_has_the_fixed_labelled_lines_and_a_doctest(name):
    found = labels(RULES[name])
    assert not ALWAYS - set(found), f"{name} has no line {sorted(ALWAYS - set(found))}"
    assert not set(found) - LABELS, f"{name} has lines of unknown labels {sorted(set(found) - LABELS)}"
    assert len(set(found)) == len(found), f"{name} has a label twice: {found}"
    assert found[:2] == ["Value", "Pullback"], f"{name} begins with {found[:2]}, but should with Value, Pullback"
    assert "vjp(" in inspect.getdoc(RULES[name]), f"{name} has no doctest of its pullback"


@rules
def test_pullback_is_a_named_inner_function(name):
    xs, static = sample(name)
    _, vjp = RULES[name](*xs, **static)
    should = f"{name}.<locals>.{name}_vjp"
    assert vjp.__qualname__ == should, f"the pullback is {vjp.__qualname__}, but should be {should}"


@rules
def test_arrays_are_positional_only_and_static_arguments_keyword_only(name):
    parameters = inspect.signature(RULES[name]).parameters.values()
    positional = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
    assert positional, f"{name} has no positional-only parameter"
    for p in positional:
        assert p.default is p.empty, f"{name} gives {p.name} a default, but it is an array to differentiate"
    for p in parameters:
        assert p.kind in {p.POSITIONAL_ONLY, p.KEYWORD_ONLY}, f"{name} has {p.name} as {p.kind.description}"


@pytest.mark.parametrize("family", FAMILIES)
def test_rules_and_rows_mirror_each_other(family):
    assert (ROOT / f"oracle/{family}.py").is_file(), f"oracle/{family}.py is missing"
    public = sorted(name for name in MODULES[family].__all__ if name not in NOT_RULES)
    rows = sorted(case["rule"].__name__ for case in FAMILIES[family].CASES)
    assert not set(public) - set(rows), f"oracle/{family}.py has no row of {sorted(set(public) - set(rows))}"
    assert not set(rows) - set(public), f"purevjp/{family}.py has no public rule {sorted(set(rows) - set(public))}"
    assert rows == public, f"oracle/{family}.py has several rows of one rule: {rows}"
    for case in FAMILIES[family].CASES:
        name = case["rule"].__name__
        assert getattr(case["rule"], "__wrapped__", case["rule"]) is RULES[name], (
            f"the row {name} judges another function than purevjp.{family}.{name}"
        )
        assert getattr(pv, name) is RULES[name], f"purevjp.{name} is not purevjp.{family}.{name}"


def test_every_family_has_its_mirror():
    files = {path.stem for path in (ROOT / "oracle").glob("*.py")} & {p.stem for p in (ROOT / "purevjp").glob("*.py")}
    assert files - {"__init__"} == set(FAMILIES), f"files of one name are {sorted(files)}, families {sorted(FAMILIES)}"


def class_like(tree):
    """The nodes that make a class: `class`, a call of `type`, of a maker of classes, or an import of one."""
    makers = {"dataclass", "make_dataclass", "namedtuple", "NamedTuple", "new_class"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.lineno, f"class {node.name}"
        elif isinstance(node, ast.Call) and (
            ast.unparse(node.func) in {"type", "builtins.type"} or ast.unparse(node.func).rpartition(".")[2] in makers
        ):
            yield node.lineno, ast.unparse(node.func)
        elif isinstance(node, ast.ImportFrom) and makers & {alias.name for alias in node.names}:
            yield node.lineno, ast.unparse(node)


def test_there_are_no_classes():
    files = [p for d in ("purevjp", "oracle", "tests", "property_tests") for p in sorted((ROOT / d).rglob("*.py"))]
    assert len(files) > 40, f"only {len(files)} files under {ROOT}"
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in files
        for line, what in class_like(ast.parse(path.read_text("utf-8")))
    ]
    assert not found, f"there should be functions only, but there is {found}"


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    class A: ...",
        "A = type ('A', (), {})",
        "B = type (a)",
        "from typing import NamedTuple",
        "A = collections.namedtuple('A', 'x')",
        "dataclasses.make_dataclass('A', [])",
        "from dataclasses import dataclass",
    ],
)
def test_classes_would_be_found(source):
    assert list(class_like(ast.parse(source))), f"{source!r} makes a class, but is not found"


def test_a_functional_typed_dict_is_no_class():
    assert not list(class_like(ast.parse('A = TypedDict("A", {"x": int})')))


def test_import_needs_numpy_alone_and_warns_of_nothing():
    program = (
        "import sys, numpy, numpy.random\n"
        "before = set(sys.modules)\n"
        "import purevjp\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - sys.stdlib_module_names - {'numpy', 'purevjp'}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [], f"import purevjp imports {done.stdout.split()}, but should NumPy alone"
    assert not done.stderr, f"import purevjp says {done.stderr!r}, but should say nothing"


def test_command_line_names_the_extra_it_lacks(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "oracle.cli", None)
    assert console.main() == 2
    assert "pip install" in capsys.readouterr().err


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.complex128, np.object_])
@rules
def test_what_has_no_derivative_is_refused(name, dtype):
    xs, static = sample(name)
    takes_complex = CATALOGUE[name]["analytic"] or any(np.iscomplexobj(x) for x in tree_leaves(xs))
    if dtype == np.complex128 and (takes_complex or name in INNER):
        return  # see the next test
    rule = RULES[name]
    primals = [p.name for p in inspect.signature(rule).parameters.values() if p.kind is p.POSITIONAL_ONLY]
    for i, primal in enumerate(primals):
        for j in range(len(tree_leaves(xs[i]))):
            numbers = iter(range(99))
            bad = tree_map(lambda x, j=j, numbers=numbers: cast(x, dtype) if next(numbers) == j else x, xs[i])
            own = rf"{name} got {primal}(\[\d\])*" if name not in INNER else rf"{named(name)} got \w+(\[\d\])*"
            with pytest.raises(TypeError, match=rf"^{own} of dtype {np.dtype(dtype)}, but should"):
                rule(*xs[:i], bad, *xs[i + 1 :], **static)


@pytest.mark.parametrize(
    "name", [name for name in RULES if CATALOGUE[name]["analytic"] and not CATALOGUE[name]["packs"]]
)
def test_an_analytic_rule_takes_complex_arrays_as_jax_does(name):
    """The pullback of a holomorphic function is not conjugated, neither here nor in JAX."""
    case, rng = CATALOGUE[name], np.random.default_rng(3)
    real, static = sample(name)
    xs = tree_map(lambda x: x + 1j * rng.uniform(-1, 1, x.shape), real)
    value, vjp = RULES[name](*xs, **static)
    u = rng.normal(size=np.shape(value)) + 1j * rng.normal(size=np.shape(value))
    with float64_on_cpu():
        should, jax_vjp = jax.vjp(lambda *at: case["counterpart"](*at, **static), *tree_map(jnp.asarray, xs))
        cotangents = jax_vjp(jnp.asarray(u))
    for got, expected in zip(tree_leaves((value, *vjp(u))), tree_leaves((should, *cotangents)), strict=True):
        assert got.dtype == np.complex128
        np.testing.assert_allclose(got, np.asarray(expected), rtol=1e-12, atol=1e-13)
    with pytest.raises(TypeError, match="complex"):
        RULES[name](*real, **static)[1](u)


def test_the_cotangent_of_a_real_array_is_real_even_if_the_other_is_complex():
    for rule in (RULES["multiply"], RULES["dot"], RULES["add"]):
        da, db = rule(np.array([1.0, 2.0]), np.array([1j, 3.0]))[1](
            *[np.ones(np.shape(rule(np.ones(2), np.ones(2))[0]), complex)]
        )
        assert (da.dtype, db.dtype) == (np.float64, np.complex128)


@rules
def test_cotangent_of_another_shape_is_refused(name):
    xs, static = sample(name)
    value, vjp = RULES[name](*xs, **static)
    shape = np.shape(tree_leaves(value)[0])
    broadcastable = [(1, *shape), (*shape, 1)] + ([(), (1,) * len(shape), shape[1:]] if shape else [])
    for wrong in {*broadcastable, (7, *shape)} - {shape}:
        with pytest.raises(
            ValueError, match=rf"^{named(name)}_vjp got {OF_U} of shape {re.escape(str(wrong))}, but should"
        ):
            vjp(like(value, lambda u, wrong=wrong: np.ones(wrong, u.dtype)))


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.complex128, np.object_])
@rules
def test_cotangent_of_another_dtype_is_refused(name, dtype):
    xs, static = sample(name)
    value, vjp = RULES[name](*xs, **static)
    own = tree_leaves(value)[0].dtype
    if own == dtype:
        return
    with pytest.raises(
        TypeError, match=rf"^{named(name)}_vjp got {OF_U} of dtype {np.dtype(dtype)}, but should get {own}"
    ):
        vjp(like(value, lambda u: cast(u, dtype)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "name", ["sum", "mean", "max", "logsumexp", "squared_loss", "cross_entropy", "mlp_loss", "dot"]
)
def test_python_number_is_a_cotangent_of_a_number(name, dtype):
    xs, static = SCALARS.get(name) or sample(name)
    value, vjp = RULES[name](*tree_map(lambda x: x.astype(dtype), xs), **static)
    for number in (2, 2.0):
        got, should = vjp(number), vjp(np.asarray(2, dtype))
        same = [np.array_equal(g, s) for g, s in zip(tree_leaves(got), tree_leaves(should), strict=True)]
        assert all(same), f"{name}_vjp({number!r}) is {got}, but should be {should}"
    with pytest.raises(TypeError, match=rf"^{named(name)}_vjp got u of dtype"):
        vjp(np.int64(2))
    assert np.shape(value) == ()


@pytest.mark.parametrize("name", ["exp", "softmax", "add", "linear", "mlp"])
def test_python_number_is_not_broadcast(name):
    xs, static = sample(name)
    with pytest.raises(ValueError, match=rf"^{named(name)}_vjp got u of shape \(\), but should"):
        RULES[name](*xs, **static)[1](1.0)


@rules
def test_each_cotangent_has_the_dtype_of_its_own_primal(name):
    xs, static = sample(name)
    n = len(tree_leaves(xs))
    for narrow in {(True,) * n, *((*(i == j for j in range(n)),) for i in range(n))}:
        flags = iter(narrow)
        primals = tree_map(lambda x, flags=flags: x.astype(NARROW[x.dtype.char] if next(flags) else x.dtype), xs)
        value, vjp = RULES[name](*primals, **static)
        wide = np.float32 if all(narrow) else np.float64
        for leaf in tree_leaves(value) if name != "astype" else ():
            assert leaf.real.dtype == wide, f"{name} of {narrow} is {leaf.dtype}, but should be {np.dtype(wide)}"
        got = [dx.dtype for dx in tree_leaves(vjp(tree_map(np.ones_like, value)))]
        should = [x.dtype for x in tree_leaves(primals)]
        assert got == should, f"{name}: the cotangents have dtypes {got}, but should have {should}"
