"""Every wrong rule is rejected for every row, and no right one."""

import numpy as np
import pytest

from oracle.catalogue import CATALOGUE
from oracle.mutant import BROADCAST, MUTANTS, SEVERAL, mutants
from oracle.verdict import judge
from oracle.verify import seeded_arguments, verify

EXAMPLES = 16


@pytest.mark.parametrize("rule", CATALOGUE)
def test_each_mutant_is_rejected_by_two_cases_or_more(rule):
    drawn = list(seeded_arguments(CATALOGUE[rule], 0, EXAMPLES))
    for name, case in mutants(CATALOGUE[rule]):
        killed = sum(bool(judge(case, arguments, smooth=smooth)[1]) for arguments, smooth in drawn)
        assert killed >= 2, f"{rule}, {name}: rejected by {killed} of {len(drawn)} cases, but should be by 2 or more"


@pytest.mark.parametrize("rule", CATALOGUE)
def test_the_rule_itself_agrees(rule):
    result = verify(CATALOGUE[rule], seed=2, examples=3)
    assert (result["verdict"], result["findings"]) == ("agree", [])


def test_mutants_are_made_wherever_they_differ():
    made = {rule: {name for name, _ in mutants(case)} for rule, case in CATALOGUE.items()}
    everywhere = MUTANTS.keys() - BROADCAST - SEVERAL
    assert all(names >= everywhere for names in made.values())
    assert made["exp"] == everywhere
    assert made["add"] == made["divide"] == MUTANTS.keys()
    assert made["matmul"] == made["mlp"] == everywhere | SEVERAL


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_no_copy_of_its_rule(name):
    """Each changes the answers, or the memory they are in, of a rule that broadcasts."""
    x, y, u = np.array([1.0, 2.0]), np.array([3.0]), np.array([0.3, 0.7])
    if name in {"widened dtype", "half precision"}:
        x, y, u = (array.astype(np.float32) for array in (x, y, u))
    _, vjp = CATALOGUE["multiply"]["rule"](x, y)
    mutant = MUTANTS[name](CATALOGUE["multiply"]["rule"])
    _, mutant_vjp = mutant(x, y)
    if name == "takes anything":
        with pytest.raises(TypeError):
            vjp(u[None].astype(np.float32))
        np.testing.assert_array_equal(mutant_vjp(u[None])[0], vjp(u)[0])
        return
    if name == "other calls change it":
        mutant(y, x)
    first, second = mutant_vjp(u), mutant_vjp(2 * u)
    same = all(
        np.array_equal(got, should) and got.dtype == should.dtype
        for pair in ((first, vjp(u)), (second, vjp(2 * u)))
        for got, should in zip(*pair, strict=True)
    )
    assert not same or any(np.shares_memory(a, b) for a, b in zip(first, second, strict=True))
