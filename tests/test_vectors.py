"""The frozen corpus: what it has, what it catches, and how it is judged, exported and verified."""

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import ml_dtypes
import numpy as np
import pytest

from oracle import cli, light
from oracle.catalogue import CATALOGUE
from oracle.reference import rounding_of
from oracle.vectors.accepted import point_from_json, point_to_json
from oracle.vectors.choose import chosen
from oracle.vectors.corpus import FOLDER, MANIFEST, corpus, opened, vectors_of
from oracle.vectors.freeze import rule_file, write
from oracle.vectors.hold import judged
from oracle.vectors.make import own_answer
from oracle.vectors.options import decoded, encoded
from oracle.vectors.prove import BY_NAME, BY_VALUES, IN_PROCESS, IS_EQUIVALENT, proved
from oracle.verdict import AGREE, CONVENTION, IMPRECISE, WRONG
from purevjp.tree import tree_leaves, tree_map

MANIFEST_OF = opened()
RULES = list(MANIFEST_OF["rules"])
NATURAL = ("fft", "slogdet", "mlp", "getitem", "cross_entropy", "pad", "block", "relu", "sum")
MOST_BYTES = 12_000_000


def first(rule, dtype, sweep="shapes"):
    return next(v for v in corpus([rule]) if v["dtype"] == dtype and v["id"].split("/")[1] == sweep and v["u"].size > 1)


def test_the_corpus_has_every_rule_and_every_dtype_and_is_small():
    assert list(CATALOGUE) == RULES
    document = json.loads((FOLDER / MANIFEST).read_text("utf-8"))
    listed = [vector for of in document["rules"].values() for vector in of]
    counts = document["counts"]
    assert (counts["rules"], counts["vectors"]) == (len(RULES), len(listed))
    assert counts["dtypes"] == Counter(vector["dtype"] for vector in listed)
    assert counts["exact"] == sum(vector["exact"] for vector in listed) > len(RULES)
    assert counts["dtypes"].keys() == {"float64", "float32", "float16", "bfloat16"}
    assert len({vector["id"] for vector in listed}) == len(listed)
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < MOST_BYTES


def test_the_page_is_of_this_corpus():
    page = (Path(__file__).parents[1] / "docs" / "vectors.md").read_text("utf-8")
    document = json.loads((FOLDER / MANIFEST).read_text("utf-8"))
    assert set(re.findall(r"corpus (\d{4}\.[\d.]*\d)", page)) == {document["version"]}
    size = sum(file.stat().st_size for file in FOLDER.iterdir()) / 1e6
    counts = document["counts"]
    assert f"{counts['vectors']} vectors of {counts['rules']} rules in {size:.1f} MB" in " ".join(page.split())


def test_the_manifest_has_its_schema():
    schema = json.loads((FOLDER / "manifest.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    document = json.loads((FOLDER / MANIFEST).read_text("utf-8"))
    document["rules"] = {rule: of[:2] + of[-1:] for rule, of in document["rules"].items()}  # it is a slow validator
    assert next(validator.iter_errors(document), None) is None
    document["rules"]["relu"][0]["witnesses"] = []
    assert not validator.is_valid(document)


def test_two_routes_agree_on_every_truth_that_is_no_listed_point():
    for of in MANIFEST_OF["rules"].values():
        for vector in of:
            assert vector["witnesses"] == ["listed"] or len(vector["witnesses"]) >= 2, vector["id"]
            assert vector["note"], vector["id"]


@pytest.mark.parametrize("part", range(8))
def test_purevjp_passes_every_vector(part):
    for rule in RULES[part::8]:
        for vector in vectors_of(MANIFEST_OF, rule):
            found = judged(vector, *own_answer(CATALOGUE[rule], vector))
            assert found["verdict"] == AGREE, (vector["id"], found)


@pytest.mark.parametrize("rule", RULES)
def test_float32_vectors_alone_catch_every_mutant(rule):
    how = proved(CATALOGUE[rule], list(vectors_of(MANIFEST_OF, rule)))
    assert set(how.values()) <= {BY_VALUES, IN_PROCESS, BY_NAME, IS_EQUIVALENT}, how
    memory = {"first answer again", "same memory again", "other calls change it", "writes to x", "writes to u"}
    others = {name for name, of in how.items() if of == IN_PROCESS} - memory - {"takes anything"}
    assert all(name.endswith("in the order of memory") for name in others), others


def test_fewer_vectors_catch_less():
    case = CATALOGUE["layer_norm"]
    one = [next(v for v in vectors_of(MANIFEST_OF, "layer_norm") if v["id"] == "layer_norm/shapes/00/float32")]
    assert "survived" in proved(case, one).values()
    assert set(proved(case, []).values()) == {"survived"}


def test_a_corpus_only_grows(capsys, tmp_path):
    folder = tmp_path / "vectors"
    assert light.run(["vectors", "export", str(folder), "negative", "relu"]) == 0
    whole = {file.name: file.read_bytes() for file in folder.glob("*.safetensors")}
    freeze = ["vectors", "freeze", str(folder), "negative", "--jobs", "1", "--version"]
    assert cli.run([*freeze, "2099.1"]) == 0
    assert ", 0 of them new" in capsys.readouterr().out
    assert {file.name: file.read_bytes() for file in folder.glob("*.safetensors")} == whole
    assert opened(folder)["version"] == "2099.1"
    assert cli.run([*freeze, "2098.12"]) == 2
    assert "the version 2098.12 is before 2099.1, which the corpus has" in capsys.readouterr().err
    assert cli.run([*freeze, "3.0"]) == 2


def test_new_vectors_have_new_numbers():
    kept = [vector for vector in vectors_of(MANIFEST_OF, "negative") if vector["dtype"] != "float32"]
    grown = chosen(CATALOGUE["negative"], kept, effort=(2,))
    assert grown[: len(kept)] == kept
    new = [vector["id"].split("/") for vector in grown[len(kept) :]]
    old = [vector["id"].split("/") for vector in kept]
    assert {dtype for *_, dtype in new} == {"float32"}
    for sweep in {sweep for _, sweep, _, _ in new}:
        numbers = [int(number) for _, of, number, _ in old if of == sweep]
        assert min(int(number) for _, of, number, _ in new if of == sweep) == max(numbers, default=-1) + 1


def test_the_proof_is_printed_and_a_hole_exits_with_1(capsys, tmp_path):
    assert cli.run(["vectors", "prove", "tanh", "relu", "--jobs", "1"]) == 0
    printed = capsys.readouterr().out
    assert "mutants of 2 rules: " in printed
    assert "relu: 'slope 1 at 0': named convention" in printed
    few = [vector for vector in vectors_of(MANIFEST_OF, "tanh") if vector["dtype"] != "float32"]
    write(tmp_path, "2026.1", {"tanh": few}, {})
    assert cli.run(["vectors", "prove", "tanh", "--jobs", "1", "--corpus", str(tmp_path)]) == 1
    assert "tanh: 'negated': survived" in capsys.readouterr().out


@pytest.mark.parametrize("rule", NATURAL)
def test_what_is_written_is_read_back(rule, tmp_path):
    vectors = list(vectors_of(MANIFEST_OF, rule))
    write(tmp_path, "2026.1", {rule: vectors}, {"numpy": np.__version__})
    assert (tmp_path / f"{rule}.safetensors").read_bytes() == (FOLDER / f"{rule}.safetensors").read_bytes()
    for vector, again in zip(vectors, corpus(folder=tmp_path), strict=True):
        assert vector.keys() == again.keys()
        for key in ("xs", "u", "truth", "scale", "coarse"):
            pairs = zip(tree_leaves(vector[key]), tree_leaves(again[key]), strict=True)
            same = [a is b or (a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)) for a, b in pairs]
            assert all(same)
        assert repr(vector["static"]) == repr(again["static"])


def test_arrays_are_as_a_rule_has_them():
    z = first("fft", "float32")["xs"][0]
    assert z.dtype == np.complex64
    sign, logarithm = next(iter(corpus(["slogdet"])))["u"]
    assert sign.shape == logarithm.shape
    _, layers = max((v["xs"] for v in corpus(["mlp"])), key=lambda xs: len(xs[1]))
    assert isinstance(layers, list)
    assert all(isinstance(layer, tuple) and len(layer) == 2 for layer in layers)
    halves = [x for v in corpus(["tanh"]) if v["dtype"] == "bfloat16" for x in tree_leaves((v["xs"], v["u"]))]
    assert halves
    assert all(x.dtype == np.float32 and not np.any(x.view(np.uint32) & 0xFFFF) for x in halves)


def test_accepted_sets_are_written_and_read_back():
    for case in CATALOGUE.values():
        for point in case["points"]:
            document = json.loads(json.dumps(point_to_json(point), allow_nan=False))
            again = point_from_json(document, "a point")
            assert point_to_json(again) == document
            assert [of["kind"] for of in again["accepts"]] == [of["kind"] for of in point["accepts"]]


def test_options_are_written_and_read_back():
    option = {"a": (1, [2.5, None]), "b": slice(None, -1), "c": ..., "d": {0: (1, 2), "x": True}, "e": float("-inf")}
    arrays = {}
    document = encoded({**option, "f": np.dtype(np.float32), "g": np.arange(3)}, "static", arrays)
    again = decoded(json.loads(json.dumps(document)), arrays, "a file")
    assert {key: again[key] for key in option} == option
    assert again["f"] == np.float32
    assert again["g"].tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="static is a set, which a vector cannot have"):
        encoded({1}, "static", {})


def off(vector, change):
    """The truth in the dtype of the vector, changed."""
    exact = tree_map(lambda y, x: y.astype(x.dtype), vector["truth"], (vector["u"], *vector["xs"]))
    value, *cotangents = change(list(exact))
    return judged(vector, value, tuple(cotangents))


def test_results_are_judged_by_tree_shape_dtype_and_scale():
    vector = first("tanh", "float32")
    limit = 8 * vector["scale"][1]
    assert off(vector, lambda of: of)["verdict"] == AGREE
    near = off(vector, lambda of: [of[0], (of[1] + 0.5 * limit).astype(np.float32)])
    assert near["verdict"] == AGREE
    assert 2 < near["ratio"] < 8
    for change, finding in [
        (lambda of: [of[0], (of[1] + 3 * limit).astype(np.float32)], "cotangent 0 is"),
        (lambda of: [of[0] * np.nan, of[1]], "value is nan"),
        (lambda of: [of[0], of[1].astype(np.float64)], "cotangent 0 is float64, but should be float32"),
        (lambda of: [of[0], of[1][None]], "cotangent 0 has shape"),
        (lambda of: [of[0], of[1].tolist()], "cotangent 0 has"),
        (lambda of: [of[0], None], "cotangent 0 is a NoneType, but should be an array"),
        (lambda of: [of[0]], "there should be 1 cotangent in a tuple"),
        (lambda of: [*of, of[1]], "there should be 1 cotangent in a tuple"),
    ]:
        found = off(vector, change)
        assert (found["verdict"], finding in found["findings"][0]) == (WRONG, True), found


def test_bfloat16_must_be_on_its_grid_and_sums_in_it_are_imprecise():
    vector = first("tanh", "bfloat16")
    off_grid = off(vector, lambda of: [of[0] * np.float32(1 + 2**-12), *of[1:]])
    assert off_grid["findings"][0].endswith("has numbers that bfloat16 does not have")
    halves = [v for v in corpus(["matmul"]) if v["coarse"] is not None and v["dtype"] == "float16"]
    wide = next(v for v in halves if np.any(v["coarse"][1] > 3 * v["scale"][1]))
    pick = int(np.argmax(wide["coarse"][1] / wide["scale"][1]))

    def shifted(of, error):
        dx = wide["truth"][1].copy()
        dx.flat[pick] += error.flat[pick]
        return [of[0], dx.astype(np.float16), *of[2:]]

    assert off(wide, lambda of: shifted(of, 0 * wide["scale"][1]))["verdict"] == AGREE
    assert off(wide, lambda of: shifted(of, 6 * wide["coarse"][1]))["verdict"] == IMPRECISE
    assert off(wide, lambda of: shifted(of, 30 * wide["coarse"][1]))["verdict"] == WRONG


def test_roundings_of_halves():
    assert rounding_of(ml_dtypes.bfloat16) == (2.0**-8, 2.0**-126, 2.0**-24)
    assert rounding_of(np.float16) == (2.0**-11, 2.0**-24, 2.0**-24)
    assert rounding_of(np.float32) == (2.0**-24, 2.0**-126, 2.0**-24)


def test_a_choice_at_a_point_is_named_and_another_is_wrong():
    corner = next(v for v in corpus(["relu"]) if v["id"].startswith("relu/point") and v["dtype"] == "float32")
    for slope, verdict in [(0, AGREE), (1, CONVENTION), (0.5, CONVENTION), (2, WRONG), (-0.5, WRONG)]:
        cotangent = corner["truth"][1].astype(np.float32)
        cotangent[corner["xs"][0] == 0] = slope * corner["u"][corner["xs"][0] == 0]
        assert judged(corner, corner["truth"][0].astype(np.float32), (cotangent,))["verdict"] == verdict


def test_the_same_vectors_give_the_same_bytes():
    vectors = list(vectors_of(MANIFEST_OF, "slogdet"))
    assert rule_file(vectors) == rule_file(vectors) == (FOLDER / "slogdet.safetensors").read_bytes()
