"""Files with spoiled bytes: every reader takes them or refuses them in one line, and nothing else happens."""

import io
import json
import re
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oracle.vectors.corpus import DAMAGE, MANIFEST, corpus, opened
from oracle.vectors.freeze import rule_file, write, write_sums
from oracle.vectors.hold import judged
from oracle.vectors.npz import from_npz
from oracle.vectors.strict import parsed
from oracle.vectors.tensors import from_bytes
from oracle.vectors.verify import verified

RULES = ("relu", "tanh")
VECTORS = {rule: list(corpus([rule]))[:6] for rule in RULES}
SAFETENSORS = rule_file(VECTORS["relu"])
NUMBERS = (b"0", b"-1", b"9" * 30, b"18446744073709551615", b"9223372036854775808", b"1e999", b"NaN", b"null", b"[]")
TOKENS = (
    *NUMBERS,
    b'"',
    b"{",
    b"}",
    b"[" * 5000,
    b"]",
    b",",
    b'{"a":1,"a":2}',
    b"\x00",
    b"\xff\xfe",
    b"O",
    b"F64",
    b"BF16",
)


def npz_bytes():
    stream = io.BytesIO()
    np.savez(stream, a=np.arange(6.0).reshape(2, 3), b=np.zeros(3, np.float32), c=np.array(True))
    return stream.getvalue()


NPZ = npz_bytes()


@st.composite
def spoiled(draw, data):
    """Bytes with a few changes: bits flipped, parts cut out, doubled or replaced, numbers exchanged for odd ones."""
    data = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        change = draw(st.sampled_from(["flip", "cut", "end", "insert", "double", "number", "length"]))
        if change == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif change == "cut":
            del data[at : at + draw(st.integers(1, 64))]
        elif change == "end":
            del data[at:]
        elif change == "insert":
            data[at:at] = draw(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=16)))
        elif change == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 400))]
        elif change == "length":
            data[:8] = draw(st.integers(0, 2**64 - 1)).to_bytes(8, "little")
        else:
            numbers = list(re.finditer(rb"\d+", bytes(data[:4000])))
            if numbers:
                found = draw(st.sampled_from(numbers))
                data[found.start() : found.end()] = draw(st.sampled_from(NUMBERS))
    return bytes(data)


def refusal(read):
    """Why a reader refuses, "" if it does not; all but a short ValueError in one line is an error of the reader."""
    try:
        read()
    except ValueError as error:
        reason = str(error)
    else:
        return ""
    assert reason.isprintable()
    assert 0 < len(reason) < 1000
    return reason


@given(spoiled(SAFETENSORS))
def test_spoiled_safetensors(data):
    refusal(lambda: from_bytes(data, "a file"))


@given(spoiled(NPZ))
def test_spoiled_npz(data):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.npz"
        file.write_bytes(data)
        refusal(lambda: from_npz(file, 1 << 20))


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_what_is_no_json(data):
    refusal(lambda: parsed(data, "a file"))


@given(st.data())
def test_a_spoiled_corpus_whose_hashes_are_right(data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, "2026.1", VECTORS, {"numpy": np.__version__})
        file = folder / data.draw(st.sampled_from([MANIFEST, "relu.safetensors"]))
        file.write_bytes(data.draw(spoiled(file.read_bytes())))
        write_sums(folder)
        reason = refusal(lambda: [judged(v, v["u"], v["xs"]) for v in corpus(folder=folder)])
        assert not reason or reason.startswith(DAMAGE)


@given(st.data())
def test_spoiled_results(data):
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name) / "vectors", Path(name) / "out"
        out.mkdir()
        write(folder, "2026.1", VECTORS, {"numpy": np.__version__})
        (out / "tanh.safetensors").write_bytes(data.draw(spoiled(rule_file(VECTORS["tanh"]))))
        manifest = opened(folder)
        refusal(lambda: list(verified(manifest, out)))


OPTIONS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["list", "dict", "tensor", "slice", "ellipsis", "float", "dtype"]), inner, max_size=2
        ),
    ),
    max_leaves=12,
)


@given(st.data())
def test_a_manifest_with_odd_entries(data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, "2026.1", VECTORS, {"numpy": np.__version__})
        document = json.loads((folder / MANIFEST).read_text("utf-8"))
        vector = document["rules"]["relu"][data.draw(st.integers(0, 5))]
        vector[data.draw(st.sampled_from(sorted(vector)))] = data.draw(OPTIONS)
        (folder / MANIFEST).write_text(json.dumps(document), encoding="utf-8")
        write_sums(folder)
        reason = refusal(lambda: list(corpus(folder=folder)))
        assert not reason or reason.startswith(DAMAGE)
