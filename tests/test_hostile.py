"""Hostile files: each is refused in a line that says why, runs no code and takes no more memory than it may."""

import io
import json
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

from oracle import light
from oracle.vectors.corpus import DAMAGE, MANIFEST, SUMS, corpus
from oracle.vectors.freeze import write, write_sums
from oracle.vectors.npz import from_npz
from oracle.vectors.strict import MOST_JSON, parsed, read
from oracle.vectors.tensors import from_bytes

VECTORS = {"relu": list(corpus(["relu"]))}
MEGABYTE = 1 << 20


def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(shape, start, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


TENSORS = {
    "empty": (b"", "is not a valid safetensors file"),
    "cut in the length": (b"\x10\0\0", "is not a valid safetensors file"),
    "cut in the header": (safetensors({"a": entry([1], 0, 4)}, b"1234")[:30], "is not a valid safetensors file"),
    "cut in the data": (safetensors({"a": entry([2], 0, 8)}, b"1234"), "is not a valid safetensors file"),
    "more data than listed": (safetensors({"a": entry([1], 0, 4)}, b"12345678"), "is not a valid safetensors file"),
    "a length of 2⁶⁴ − 1": (safetensors({}, length=2**64 - 1), "is not a valid safetensors file"),
    "a length of 2⁶³": (safetensors({}, length=2**63), "is not a valid safetensors file"),
    "a length below the header": (safetensors({"a": entry([1], 0, 4)}, b"1234", length=5), "is not valid"),
    "offsets outside": (safetensors({"a": entry([1], 100, 104)}, b"1234"), "is not a valid safetensors file"),
    "offsets backwards": (safetensors({"a": entry([1], 4, 0)}, b"1234"), "is not a valid safetensors file"),
    "offsets that overflow": (safetensors({"a": entry([1], 0, 2**64)}, b"1234"), "is not a valid safetensors file"),
    "offsets that overlap": (
        safetensors({"a": entry([1], 0, 4), "b": entry([1], 2, 6)}, b"123456"), "is not a valid safetensors file"
    ),
    "a side of 2⁶⁴ − 1": (safetensors({"a": entry([2**64 - 1, 2], 0, 4)}, b"1234"), "is not a valid safetensors file"),
    "sides that overflow": (safetensors({"a": entry([2**32, 2**32], 0, 0)}), "is not a valid safetensors file"),
    "a huge side beside 0": (safetensors({"a": entry([0, 2**40], 0, 0)}), "which no vector has"),
    "a negative side": (safetensors({"a": entry([-1], 0, 4)}, b"1234"), "is not a valid safetensors file"),
    "a thousand axes": (safetensors({"a": entry([1] * 1000, 0, 4)}, b"1234"), "which no vector has"),
    "another dtype": (safetensors({"a": entry([4], 0, 4, "U8")}, b"1234"), "of dtype U8, but should have one of F64"),
    "no dtype": (safetensors({"a": entry([4], 0, 4, "OBJECT")}, b"1234"), "is not a valid safetensors file"),
    "a name twice": (
        safetensors(b'{"a":%s,"a":%s}' % ((json.dumps(entry([1], 0, 4)).encode(),) * 2), b"1234"),
        "'a' stands there twice",
    ),
    "NaN": (safetensors(b'{"a":{"dtype":"F32","shape":[NaN]}}', b"1234"), "NaN is no number of JSON"),
    "Infinity": (safetensors(b'{"a":Infinity}'), "Infinity is no number of JSON"),
    "no object": (safetensors(b"[]"), "is not a valid safetensors file"),
    "no text": (safetensors(b"\xff\xfe{}"), "is not valid"),
    "deep": (safetensors(b"[" * 100_000 + b"]" * 100_000), "is nested too deeply"),
    "a long number": (safetensors(b'{"a":%s}' % (b"9" * 5000)), "is not valid"),
}  # fmt: skip


@pytest.mark.parametrize("case", TENSORS)
def test_safetensors(case):
    data, fault = TENSORS[case]
    with pytest.raises(ValueError, match=fault) as refused:
        from_bytes(data, "a file")
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


MADE = "made-by-a-pickle"
TOUCH = f"touch {MADE}".encode()
PICKLE = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c" + bytes([len(TOUCH)]) + TOUCH + b"\x85R."


def archive(*files, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as opened:
        for name, data in files:
            opened.writestr(name, data)
    return stream.getvalue()


def npy(header, data=b""):
    text = header.encode() + b" " * (-len(header) % 16) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def header(shape, dtype="<f4", fortran="False"):
    return f"{{'descr': {dtype!r}, 'fortran_order': {fortran}, 'shape': {shape}, }}"


def objects():
    stream = io.BytesIO()
    np.save(stream, np.array([{}], object), allow_pickle=True)
    return stream.getvalue()


ARCHIVES = {
    "no archive": (b"not a zip at all", "is not a valid npz file"),
    "cut": (archive(("a.npy", npy(header((1,)), b"1234")))[:-30], "is not a valid npz file"),
    "a bomb": (archive(("a.npy", bytes(200 * MEGABYTE))), "more than 1048576 bytes when it is unpacked"),
    "many small bombs": (
        archive(*((f"{i}.npy", npy(header((MEGABYTE // 8,), "<f8"), bytes(MEGABYTE))) for i in range(8))),
        "more than 1048576 bytes when it is unpacked",
    ),
    "packed otherwise": (archive(("a.npy", b"1"), method=zipfile.ZIP_LZMA), "packed in a way that npz files are not"),
    "a name twice": (
        archive(("a", npy(header((1,)), b"1234")), ("a.npy", npy(header((1,)), b"1234"))), "has 'a' twice"
    ),
    "a pickle": (archive(("a.npy", PICKLE)), "has no valid header"),
    "an array of objects": (archive(("a.npy", objects())), "has dtype object"),
    "an array of pickles": (archive(("a.npy", npy(header((1,), "|O"), PICKLE))), "has dtype object"),
    "a header that is code": (archive(("a.npy", npy("__import__('os').abort()"))), "has no valid header"),
    "a huge shape": (archive(("a.npy", npy(header((2**62,)), b"1234"))), "does not fit its 4 bytes"),
    "a shape that overflows": (archive(("a.npy", npy(header((2**32, 2**32)), b""))), "does not fit its 0 bytes"),
    "a huge side beside 0": (archive(("a.npy", npy(header((0, 2**62)), b""))), "does not fit its 0 bytes"),
    "a negative side": (archive(("a.npy", npy(header((-1, -1)), b"1234"))), "does not fit its 4 bytes"),
    "big end first": (archive(("a.npy", npy(header((1,), ">f4"), b"1234"))), "has dtype >f4"),
    "strings": (archive(("a.npy", npy(header((1,), "<U1"), b"1234"))), "has dtype <U1"),
}  # fmt: skip


@pytest.mark.parametrize("case", ARCHIVES)
def test_npz(case, tmp_path, monkeypatch):
    data, fault = ARCHIVES[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.npz").write_bytes(data)
    tracemalloc.start()
    with pytest.raises(ValueError, match=fault) as refused:
        from_npz(tmp_path / "a.npz", MEGABYTE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(refused.value).isprintable()
    assert peak < 8 * MEGABYTE
    assert not (tmp_path / MADE).exists()


def test_the_pickle_would_do_something(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickle.loads(PICKLE)  # noqa: S301 (our own, to see that the archives are hostile)
    assert (tmp_path / MADE).exists()


def test_files_that_are_none_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("/dev/zero", tmp_path / "pipe", tmp_path):
        with pytest.raises(ValueError, match="is not a plain file"):
            read(name)
    (tmp_path / "large").write_bytes(bytes(1001))
    with pytest.raises(ValueError, match="has more than 1000 bytes"):
        read(tmp_path / "large", 1000)
    with pytest.raises(ValueError, match=f"has more than {MOST_JSON} bytes"):
        parsed(b"[" + b"0," * MOST_JSON, "a file")


def spoil(name, change):
    """What spoils a file of a corpus, and sets its hashes right."""

    def spoiled(folder):
        (folder / name).write_bytes(change((folder / name).read_bytes()))
        write_sums(folder)

    return spoiled


def manifest(change):
    def changed(data):
        document = json.loads(data)
        change(document)
        return json.dumps(document).encode()

    return spoil(MANIFEST, changed)


def without_hash(folder):
    (folder / SUMS).write_text("".join((folder / SUMS).read_text().splitlines(keepends=True)[1:]))


def vector(document):
    return document["rules"]["relu"][0]


CORPORA = {
    "no hashes": (lambda folder: (folder / SUMS).unlink(), "No such file"),
    "hashes that are none": (lambda folder: (folder / SUMS).write_text("x\n"), "SHA256SUMS has the line 'x'"),
    "hashes of other folders": (
        lambda folder: (folder / SUMS).write_text(f"{'0' * 64}  ../../etc/passwd\n"), "SHA256SUMS has the line"
    ),
    "a hash too few": (without_hash, "SHA256SUMS has no manifest.json"),
    "a file too many": (lambda folder: (folder / "more.txt").write_text("x"), "SHA256SUMS has no more.txt"),
    "a file too few": (lambda folder: (folder / "relu.safetensors").unlink(), "No such file"),
    "a wrong hash": (lambda folder: (folder / MANIFEST).write_text("{}"), "manifest.json is not what it was"),
    "no object": (spoil(MANIFEST, lambda _data: b"[]"), "manifest.json should be an object"),
    "no JSON": (spoil(MANIFEST, lambda _data: b"{"), "manifest.json is not valid"),
    "no format": (manifest(lambda m: m.pop("format")), "manifest.json has no 'format'"),
    "a later format": (manifest(lambda m: m.update(format=2)), "has the format 2, but should have 1"),
    "another limit": (manifest(lambda m: m.update(limit=8000)), "has the limit 8000, but should have 8"),
    "a rule that is a path": (
        manifest(lambda m: m["rules"].update({"../relu": []})), "has a rule '../relu' that is none"
    ),
    "a rule without a file": (manifest(lambda m: m["rules"].update(tanh=[])), "tanh.safetensors: No such file"),
    "a vector twice": (manifest(lambda m: m["rules"]["relu"].append(vector(m))), "or one twice"),
    "a vector too few": (manifest(lambda m: m["rules"]["relu"].pop()), "list other vectors"),
    "no id": (manifest(lambda m: vector(m).pop("id")), "has no 'id'"),
    "a number for an id": (manifest(lambda m: vector(m).update(id=7)), "has a int for 'id'"),
    "another dtype": (manifest(lambda m: vector(m).update(dtype="float8")), "should be rule/sweep/number/dtype"),
    "an argument too many": (manifest(lambda m: vector(m).update(xs=["array"] * 2)), "has no array 'x1'"),
    "complex numbers that are none": (manifest(lambda m: vector(m).update(xs=["complex"])), "that is not complex"),
    "no form": (manifest(lambda m: vector(m).update(u={"array": 1})), "has a form that should be array"),
    "a form in a form": (manifest(lambda m: vector(m).update(u=[["list"]])), "has a form that should be array"),
    "an option that is none": (
        manifest(lambda m: vector(m).update(static={"axis": {"eval": "1"}})), "has an option 'eval' that no vector has"
    ),
    "an array that is not there": (
        manifest(lambda m: vector(m).update(static={"axis": {"tensor": "x9"}})), "has an option 'tensor' that no vector"
    ),
    "exact for a word": (manifest(lambda m: vector(m).update(exact="yes")), "has a str for 'exact'"),
    "no witness list": (manifest(lambda m: vector(m).update(witnesses="jax")), "has a str for 'witnesses'"),
    "truths spoiled": (
        spoil("relu.safetensors", lambda data: data[:-2000] + b"\xff" * 2000), "not finite|not accept its own truth"
    ),
    "accepted sets spoiled": (
        spoil("relu.safetensors", lambda data: data.replace(b'\\"interval\\"', b'\\"integral\\"')), "'integral'"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CORPORA)
def test_corpora(case, tmp_path, capsys):
    change, fault = CORPORA[case]
    write(tmp_path, "2026.1", VECTORS, {"numpy": np.__version__})
    assert len(list(corpus(folder=tmp_path))) == len(VECTORS["relu"])
    change(tmp_path)
    with pytest.raises(ValueError, match=fault) as refused:
        list(corpus(folder=tmp_path))
    assert str(refused.value).startswith(DAMAGE)
    assert str(refused.value).isprintable()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "relu.safetensors").write_bytes(safetensors({}))
    if case == "a rule without a file":
        (tmp_path / "out" / "tanh.safetensors").write_bytes(safetensors({}))
    assert light.run(["vectors", "verify", str(tmp_path / "out"), "--corpus", str(tmp_path)]) == 4
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("data", [TENSORS["offsets outside"][0], TENSORS["a name twice"][0], b""])
def test_hostile_results_exit_with_2(data, tmp_path, capsys):
    (tmp_path / "relu.safetensors").write_bytes(data)
    assert light.run(["vectors", "verify", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_results_of_odd_names_and_dtypes_do_not_break_the_report(tmp_path, capsys):
    odd = {"relu/shapes/00/float32/\x1b[31m": entry([1], 0, 4), "relu/shapes/00/float32/value": entry([1], 4, 8)}
    (tmp_path / "relu.safetensors").write_bytes(safetensors(odd, bytes(8)))
    assert light.run(["vectors", "verify", str(tmp_path)]) == 1
    assert "\x1b[31m" not in capsys.readouterr().out
