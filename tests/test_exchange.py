"""Vectors exported, and results verified, as a user meets it; without JAX."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from oracle import cli, light
from oracle.catalogue import CATALOGUE
from oracle.vectors.corpus import corpus, opened, vectors_of
from oracle.vectors.freeze import arrays_of
from oracle.vectors.make import own_answer
from oracle.vectors.npz import from_npz
from oracle.vectors.tensors import to_bytes
from oracle.vectors.vector import as_pairs, of_results

MANIFEST_OF = opened()

BLOCKED = """
import sys
sys.modules.update(dict.fromkeys(["jax", "jaxlib", "mpmath", "scipy", "matplotlib", "hypothesis", "ml_dtypes"]))
"""


def test_vectors_are_judged_without_jax(tmp_path):
    folder = results_of(tmp_path, ["relu", "fft"])
    code = BLOCKED + "from oracle.vectors.hold import judged\nfrom oracle.vectors.corpus import corpus\n"
    code += "from purevjp import __main__\n"
    code += f"sys.argv = ['purevjp', 'vectors', 'verify', {str(folder)!r}]\nsys.exit(__main__.main())"
    got = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, encoding="utf-8")
    assert (got.returncode, got.stderr) == (0, "")
    assert [line.split()[-1] for line in got.stdout.splitlines()[1:3]] == ["agree", "agree"]
    with_jax = subprocess.run([sys.executable, "-c", BLOCKED + "import jax"], capture_output=True, check=False)
    assert b"import of jax halted" in with_jax.stderr, "the block should block"


def results_of(tmp_path, rules, change=lambda _name, array: array, kind="safetensors"):
    """A folder of purevjp's own results, changed."""
    out = tmp_path / "out"
    out.mkdir()
    for rule in rules:
        arrays, halves = {}, set()
        for vector in vectors_of(MANIFEST_OF, rule):
            for name, leaf in of_results(*own_answer(CATALOGUE[rule], vector)):
                full = f"{vector['id']}/{name}"
                arrays[full] = change(full, as_pairs(np.asarray(leaf)))
                halves |= {full} if vector["dtype"] == "bfloat16" else set()
        arrays = {name: array for name, array in arrays.items() if array is not None}
        if kind == "npz":
            np.savez(out / f"{rule}.npz", **arrays)
        else:
            (out / f"{rule}.safetensors").write_bytes(to_bytes(arrays, bfloat16=halves & arrays.keys()))
    return out


def run(capsys, *arguments):
    code = light.run(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("kind", ["safetensors", "npz"])
def test_right_results_are_verified(capsys, tmp_path, kind):
    out = results_of(tmp_path, ["softmax", "slogdet", "irfft", "stack"], kind=kind)
    code, printed, err = run(capsys, "vectors", "verify", str(out))
    assert (code, err) == (0, "")
    assert {line.split()[0] for line in printed.splitlines()[1:5]} == {"stack", "slogdet", "irfft", "softmax"}
    assert " 0 wrong" in printed


def test_wrong_results_exit_with_1_and_are_named(capsys, tmp_path):
    out = results_of(tmp_path, ["tanh"], lambda name, array: -array if name == "tanh/shapes/00/float32/dx0" else array)
    code, printed, _ = run(capsys, "vectors", "verify", str(out))
    assert code == 1
    assert "tanh/shapes/00/float32: wrong: cotangent 0 is " in printed
    assert " 1 wrong" in printed


def test_an_incomplete_answer_is_an_error(capsys, tmp_path):
    out = results_of(tmp_path, ["tanh"], lambda name, array: None if name == "tanh/shapes/00/float32/dx0" else array)
    code, printed, _ = run(capsys, "vectors", "verify", str(out))
    assert code == 1
    assert "tanh/shapes/00/float32: error: the answer has no array 'dx0'" in printed


def test_too_few_answers_exit_with_3(capsys, tmp_path):
    (tmp_path / "none").mkdir()
    assert run(capsys, "vectors", "verify", str(tmp_path / "none"))[0] == 3
    out = results_of(tmp_path, ["tanh"])
    assert run(capsys, "vectors", "verify", str(out), "--least", "5")[0] == 0
    assert run(capsys, "vectors", "verify", str(out), "--least", "5000")[0] == 3


def test_answers_to_no_question_exit_with_2(capsys, tmp_path):
    out = results_of(tmp_path, ["tanh"])
    (out / "no_rule.npz").write_bytes(b"")
    code, _, err = run(capsys, "vectors", "verify", str(out))
    assert (code, "has 'no_rule.npz', but there is no such rule" in err) == (2, True)
    (out / "no_rule.npz").unlink()
    (out / "relu.safetensors").write_bytes(to_bytes({"relu/shapes/99/float32/value": np.zeros(1)}))
    code, _, err = run(capsys, "vectors", "verify", str(out))
    assert (code, "'relu/shapes/99/float32', but there is no such vector" in err) == (2, True)
    assert run(capsys, "vectors", "verify", str(tmp_path / "nowhere"))[0] == 2
    assert run(capsys, "vectors", "verify", str(out), "no_rule")[0] == 2


def test_a_damaged_corpus_exits_with_4(capsys, tmp_path):
    folder = tmp_path / "vectors"
    assert run(capsys, "vectors", "export", str(folder), "tanh")[0] == 0
    (folder / "out").mkdir()
    (folder / "out" / "tanh.safetensors").write_bytes(to_bytes({}))
    file = folder / "tanh.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    code, _, err = run(capsys, "vectors", "verify", str(folder / "out"))
    assert (code, err) == (
        4,
        "purevjp: the corpus is damaged: tanh.safetensors is not what it was: its SHA-256 differs\n",
    )
    assert cli.run(["vectors", "verify", str(folder / "out")]) == 4
    assert capsys.readouterr().err == err
    file.unlink()
    code, _, err = run(capsys, "vectors", "verify", str(folder / "out"))
    assert (code, err.count("\n"), "No such file" in err) == (4, 1, True)


def test_an_export_is_whole_and_sha256sum_agrees(capsys, tmp_path):
    folder = tmp_path / "vectors"
    code, printed, err = run(capsys, "vectors", "export", str(folder), "sum", "tanh", "--also", "npz", "--also", "c")
    assert (code, err) == (0, "")
    assert "of 2 rules, version " in printed
    names = {file.name for file in folder.iterdir()}
    formats = {f"{rule}.{kind}" for rule in ("sum", "tanh") for kind in ("safetensors", "npz", "h")}
    assert names == formats | {"manifest.json", "manifest.schema.json", "SHA256SUMS"}
    subprocess.run([shutil.which("sha256sum"), "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
    assert [v["id"] for v in corpus(folder=folder)] == [v["id"] for v in corpus(["sum", "tanh"])]
    assert run(capsys, "vectors", "export", str(folder), "sum")[0] == 0, "again, into the same folder"
    assert run(capsys, "vectors", "export", str(tmp_path))[0] == 2, "a folder with other files"
    assert run(capsys, "vectors", "export", str(tmp_path / "x"), "--also", "xml")[0] == 2
    assert run(capsys, "vectors", "export", str(tmp_path / "x"), "no_rule")[0] == 2


def test_npz_has_the_same_arrays(capsys, tmp_path):
    assert run(capsys, "vectors", "export", str(tmp_path / "v"), "fft", "tanh", "--also", "npz")[0] == 0
    for rule in ("fft", "tanh"):
        found = from_npz(tmp_path / "v" / f"{rule}.npz")
        for vector in corpus([rule]):
            for name, array in arrays_of(vector).items():
                np.testing.assert_array_equal(found.pop(f"{vector['id']}/{name}"), array, strict=True)
        assert not found


PROGRAM = """
#include <stdio.h>
#include "tanh.h"
int main(void) {
    for (unsigned long k = 0; k < sizeof purevjp_tanh / sizeof *purevjp_tanh; k++) {
        const purevjp_array *a = &purevjp_tanh[k];
        printf("%s %s %ld", a->name, a->dtype, a->count);
        for (int i = 0; i < a->ndim; i++) printf(" %ld", a->shape[i]);
        printf(" :");
        for (long i = 0; i < a->count; i++) switch (a->dtype[5]) {
            case '6': printf(" %a", ((const double *)a->data)[i]); break;
            case '3': printf(" %a", ((const float *)a->data)[i]); break;
            default: printf(" %u", ((const uint16_t *)a->data)[i]);
        }
        printf("\\n");
    }
    return 0;
}
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_a_c_program_reads_the_same_numbers(capsys, tmp_path):
    assert run(capsys, "vectors", "export", str(tmp_path / "v"), "tanh", "--also", "c")[0] == 0
    (tmp_path / "v" / "main.c").write_text(PROGRAM.replace("a->dtype[5]", "a->dtype[0] == 'b' ? 'b' : a->dtype[5]"))
    command = ["cc", "-std=c99", "-Wall", "-Werror", "-pedantic", "-o", "main", "main.c"]
    subprocess.run(command, cwd=tmp_path / "v", check=True)
    lines = subprocess.run([tmp_path / "v" / "main"], capture_output=True, text=True, check=True).stdout.splitlines()
    found = {}
    for line in lines:
        head, _, numbers = line.partition(" :")
        name, dtype, count, *shape = head.split()
        read = float.fromhex if dtype in {"float64", "float32"} else int
        found[name] = (dtype, int(count), [int(s) for s in shape], [read(text) for text in numbers.split()])
    for vector in corpus(["tanh"]):
        for name, array in arrays_of(vector).items():
            dtype, count, shape, numbers = found.pop(f"{vector['id']}/{name}")
            assert (count, shape) == (array.size, list(array.shape))
            bits = {"float16": lambda x: x.view(np.uint16), "bfloat16": lambda x: x.view(np.uint32) >> 16}
            assert numbers == bits.get(dtype, lambda x: x)(np.ascontiguousarray(array).ravel()).tolist()
    assert not found
