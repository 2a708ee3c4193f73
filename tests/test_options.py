"""An option that NumPy or JAX offer under the name of a rule is there, or named in its docstring, and refused."""

import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.command.terminal import labelled
from oracle.draw import draw_numbers, draw_structure

MODULES = (np, np.linalg, np.fft, jnp, jnp.linalg, jnp.fft, jax.nn)
ANYWHERE = {
    "out", "dtype", "order", "casting", "subok", "signature",  # of NumPy's ufuncs and reductions
    "precision", "preferred_element_type", "out_sharding", "device", "copy", "like",  # of the machine
    "promote_integers", "unique_indices", "indices_are_sorted", "wrap_negative_indices", "fill_value", "_dot_general",
}  # fmt: skip
"""What no rule has: see "The contract" in the README."""

FIRST = {"x", "a", "b", "m", "arr", "array", "y", "condition", "A", "x1", "x2"}
"""Other names of the arrays themselves."""

RENAMED = {("cov", "y")}
"""Arrays that are options of a rule."""


def offered(name):
    """The options that NumPy and JAX have under a name, and the rule has not."""
    own = inspect.signature(inspect.unwrap(CATALOGUE[name]["rule"])).parameters.keys()
    found = set()
    for function in [getattr(module, name) for module in MODULES if callable(getattr(module, name, None))]:
        if isinstance(getattr(np, name, None), np.ufunc):
            continue
        for option, of in inspect.signature(function).parameters.items():
            if of.default is not of.empty and (option not in FIRST or (name, option) in RENAMED):
                found.add(option)
    return found - own - ANYWHERE


@pytest.mark.parametrize("rule", CATALOGUE)
def test_an_option_is_there_or_named_as_lacking_and_refused_by_name(rule):
    lacks = set(re.findall(r"\w+", labelled(CATALOGUE[rule], "Lacks").partition(":")[0]))
    assert offered(rule) <= lacks, "the docstring should name what is left out under Lacks"
    for option in lacks:
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{option}'"):
            inspect.unwrap(CATALOGUE[rule]["rule"])(np.ones(2), **{option: None})


FLAGS = [
    (rule, option.name)
    for rule, case in CATALOGUE.items()
    for option in inspect.signature(inspect.unwrap(case["rule"])).parameters.values()
    if isinstance(option.default, bool)
]


@pytest.mark.parametrize(("rule", "flag"), FLAGS)
def test_a_flag_is_true_or_false_and_no_word_for_it(rule, flag):
    case, rng = CATALOGUE[rule], np.random.default_rng(0)
    shapes, static = draw_structure(case, lambda options: options[int(rng.integers(len(options)))])
    xs = draw_numbers(case, shapes, static, rng)["xs"]
    with pytest.raises(TypeError, match=r"'none'|as an integer|str"):
        case["rule"](*xs, **{**static, flag: "none"})


def test_options_are_seen():
    assert offered("diff") == {"prepend", "append"}
    assert offered("sum") == set()
