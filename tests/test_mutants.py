"""Every wrong rule is rejected for every row, and no right one."""

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE, FAMILIES
from oracle.kill import ENOUGH, EQUIVALENT, killed, kills
from oracle.mutant import BROADCAST, MUTANTS, SEVERAL, mutants
from oracle.plan import DTYPES, plan
from oracle.wrong.catalogue import WRONG, WRONG_VALUES

ONE_OF_EACH_FAMILY = [rows.CASES[0]["name"] for rows in FAMILIES.values()]
"""The others are caught by the frozen vectors alone, see test_vectors.py; `purevjp mutants` has the whole matrix."""


@pytest.mark.parametrize("rule", ONE_OF_EACH_FAMILY)
def test_each_mutant_is_killed_by_two_cases_or_an_exact_one(rule):
    for kill in kills(CATALOGUE[rule]):
        proven = kill["status"] == "equivalent" and kill["proof"] == EQUIVALENT[rule, kill["mutant"]]
        found = f"{rule}, {kill['mutant']}: {kill['status']}, rejected by {kill['cases']} cases"
        assert kill["status"] == "killed" or proven, found
        assert kill["cases"] >= ENOUGH or kill["exact"] or proven, found


def test_a_rule_that_is_right_is_not_killed():
    case = CATALOGUE["softmax"]
    kill = killed("right", case, list(plan(case, examples=3)), DTYPES)
    assert (kill["status"], kill["cases"]) == ("survived", 0)


def test_mutants_are_made_wherever_they_differ():
    made = {rule: [name for name, _ in mutants(case)] for rule, case in CATALOGUE.items()}
    everywhere = MUTANTS.keys() - BROADCAST - SEVERAL
    for rule, names in made.items():
        assert len(set(names)) == len(names), f"{rule} has two mutants of one name"
        own = WRONG.get(rule, {}).keys() | WRONG_VALUES.get(rule, {}).keys()
        assert set(names) >= everywhere | own
    assert set(made["negative"]) == everywhere | {"no minus"}
    assert made["divide"][: len(MUTANTS)] == list(MUTANTS)


def test_every_rule_has_wrong_pullbacks_of_its_own():
    assert WRONG.keys() | WRONG_VALUES.keys() <= CATALOGUE.keys()
    assert CATALOGUE.keys() - WRONG.keys() == {"mlp2"}, "the two-layer network has those of mlp"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_no_copy_of_its_rule(name):
    """Each changes the answers, the memory they are in, or what is refused, of a rule that broadcasts."""
    x, y, u = np.array([[1.0, 2.0], [4.0, 5.0]]), np.array([[3.0], [-1.0]]), np.array([[0.3, 0.7], [1.1, -0.2]])
    if name in {"widened dtype", "half precision"}:
        x, y, u = (array.astype(np.float32) for array in (x, y, u))
    _, vjp = CATALOGUE["multiply"]["rule"](x, y)
    should = vjp(u), vjp(2 * u)
    mutant = MUTANTS[name](CATALOGUE["multiply"]["rule"])
    given = [array.copy() for array in (x, y, u)]
    _, mutant_vjp = mutant(given[0], given[1])
    if name == "takes anything":
        with pytest.raises(TypeError):
            vjp(u[None].astype(np.float32))
        np.testing.assert_array_equal(mutant_vjp(u[None])[0], should[0][0])
        return
    if name == "other calls change it":
        mutant(y, x)
    first = mutant_vjp(given[2])
    second = mutant_vjp(2 * u)
    same = all(
        np.array_equal(got, right) and got.dtype == right.dtype
        for pair in zip((first, second), should, strict=True)
        for got, right in zip(*pair, strict=True)
    )
    kept = all(np.array_equal(a, b) for a, b in zip(given, (x, y, u), strict=True))
    assert not same or not kept or any(np.shares_memory(a, b) for a, b in zip(first, second, strict=True))
