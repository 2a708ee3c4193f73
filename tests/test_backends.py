"""The adapters that come along, each run for real; and what was found in them, each script once more."""

import ast
import fnmatch
import importlib
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from oracle.backend.table import named, reductions, same_ndim, vjp_of
from oracle.catalogue import CATALOGUE
from oracle.command.findings import exact, got_of, section, shown
from oracle.conformance import frozen, sweep
from oracle.conformance.adapter import SHIPPED, load
from oracle.conformance.conventions import MEASURED, measured
from oracle.conformance.record import FAILING, JUDGED
from oracle.findings import FINDINGS

RULES = ("add", "exp", "maximum", "softmax", "sum", "matmul", "reshape", "where", "layer_norm")
NEEDED = {"tinygrad": "clang"}
PAGE = Path(__file__).parents[1] / "docs" / "findings.md"
STALE = "docs/findings.md is stale: make findings"
NUMBER = r"(-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)"


def needs(backend):
    module = importlib.import_module if backend != "mlx" else lambda _: importlib.import_module("mlx.core")
    try:
        module(backend)
    except ImportError as error:
        pytest.skip(f"{error}: pip install 'purevjp[backends]'")
    if backend in NEEDED and shutil.which(NEEDED[backend]) is None:
        pytest.skip(f"{backend} needs {NEEDED[backend]}: see `make browser`")


def excused(backend, line):
    mine = [each for each in FINDINGS if each["backend"] == backend and line["verdict"] in each["verdicts"]]
    return any(fnmatch.fnmatchcase(line["case"], case) for each in mine for case in each["cases"])


@pytest.mark.parametrize("backend", SHIPPED)
def test_backend_is_right_but_for_what_is_on_record(backend, here):
    needs(backend)
    heads = [
        head for rule in RULES
        for head in [of for of in frozen.heads() if of["rule"] == rule and of["dtype"] == "float32"][:4]
    ]  # fmt: skip
    with here(backend) as of:
        assert of["said"]["who"]["name"] == backend
        assert of["said"]["who"]["version"]
        lines = sweep.judged(of, heads, heads=True)
    failing = [line for line in lines if line["verdict"] in FAILING and not excused(backend, line)]
    assert not failing, failing[0]
    assert sum(line["verdict"] in JUDGED for line in lines) >= len(lines) / 2


@pytest.mark.parametrize("backend", SHIPPED)
def test_conventions_on_record_are_those_of_the_backend(backend):
    needs(backend)
    record = json.loads((Path(__file__).parents[1] / "docs" / MEASURED).read_text("utf-8"))[backend]
    rules = sorted({name.partition("/")[0] for name in record["answers"]})[::3]
    answers = {name: of for name, of in record["answers"].items() if name.partition("/")[0] in rules}
    assert measured(backend, rules) == {**record, "answers": answers}, "docs/conventions.json is stale: make docs"
    assert len(answers) >= 10


@pytest.mark.parametrize("backend", SHIPPED)
def test_table_has_rules_of_the_catalogue_alone(backend):
    needs(backend)
    module = importlib.import_module(f"oracle.backend.{backend}_")
    assert CATALOGUE.keys() >= module.RULES
    assert load(backend)["rules"]


def test_row_of_a_table_says_which_options_a_function_has():
    table = named(np, "sort", descending=False) | named(np, "repeat", repeats=int) | named(np, "negative=abs")
    x = np.array([[3.0, -1.0], [2.0, 4.0]])
    assert table["sort"](x, axis=0, descending=False).tolist() == [[2, -1], [3, 4]]
    assert table["repeat"](x, repeats=2).tolist() == [3, 3, -1, -1, 2, 2, 4, 4]  # axis is None where it is not given
    assert table["negative"](x).tolist() == [[3, 1], [2, 4]]
    with pytest.raises(NotImplementedError, match=r"^the backend has no sort with descending=True$"):
        table["sort"](x, descending=True)
    with pytest.raises(NotImplementedError, match=r"^the backend has no repeat with repeats=\[1, 2\]$"):
        table["repeat"](x, repeats=[1, 2], axis=0)
    with pytest.raises(NotImplementedError, match=r"^the backend has no nan_to_num with nan=array$"):
        named(np, "nan_to_num", nan=None)["nan_to_num"](x, nan=x)
    with pytest.raises(NotImplementedError, match=r"arrays with \[2, 1\] axes"):
        same_ndim(np.outer, 1)(x, x[0])


def test_reduction_has_its_own_names_for_options():
    module = SimpleNamespace(amax=lambda x, *, dim, keepdim: x.max(dim, keepdims=keepdim))
    most = reductions(module, "max=amax", lambda ndim, axis: axis or ndim - 1, axis="dim", keepdims="keepdim")["max"]
    x = np.array([[3.0, -1.0], [2.0, 4.0]])
    assert most(x, axis=None, initial=None).tolist() == [3, 4]
    with pytest.raises(NotImplementedError, match="mask for a reduction"):
        most(x, axis=-1, where=x > 0)


def test_adapter_sees_arrays_and_gives_trees():
    def differentiate(forward, args, cotangents):
        return forward(*args), [args[0] * cotangents[0], args[1] * cotangents[1]]

    vjp = vjp_of({"stack": lambda xs, *, axis: (xs[axis], [xs[1 - axis]])}, differentiate, np.asarray)
    args, u = ([np.array(2.0), np.array(3.0)],), (np.array(5.0), [np.array(7.0)])
    assert vjp("stack", args, {"axis": 1}, u) == ((3.0, [2.0]), ([10.0, 21.0],))


def split_numbers(text):
    parts = re.split(NUMBER, text)
    return parts[::2], np.array(parts[1::2], float)


@pytest.mark.parametrize("each", FINDINGS, ids=lambda each: f"{each['backend']}: {each['title']}")
def test_finding_is_there_still(each):
    needs(each["backend"])
    got = got_of(each)
    words, numbers = split_numbers(shown(got))
    code, _, given = section(PAGE.read_text("utf-8"), each).partition("\n```\n")
    assert ast.dump(ast.parse(code.partition("```python\n")[2])) == ast.dump(ast.parse(each["script"])), STALE
    on_page, numbers_on_page = split_numbers(given.partition("Gives `")[2].partition("`; right is ")[0])
    assert words == on_page, STALE
    assert numbers == pytest.approx(numbers_on_page, rel=1e-6, abs=0.0)  # another CPU may have other last digits
    if "mp." in each["right"]:
        first = float(np.ravel(np.array(got.tolist() if hasattr(got, "tolist") else got))[0])
        should = float(exact(each["right"]))
        assert not abs(first - should) <= 1e-15 * abs(should)


def test_every_finding_explains_cases_that_the_corpus_has():
    names = [head["id"] for head in frozen.heads()]
    drawn = [re.sub("/.*/", "/fuzz/0.0/", name) for name in names]
    for each in FINDINGS:
        for case in each["cases"]:  # none, if fuzz alone found it
            assert fnmatch.filter([*names, *drawn], case), f"{each['title']}: no case is {case}"
