"""Plans that are kept are those that would be computed, and never those of other code."""

import pytest

from oracle import kept
from oracle.catalogue import CATALOGUE
from oracle.plan import plan
from oracle.verify import verify
from purevjp.tree import tree_leaves

CASE = CATALOGUE["negative"]


def refused(*_args, **_options):
    raise AssertionError("nothing should be computed again")


def ask(folder, **options):
    return list(kept.kept_plan(folder, CASE, **{"examples": 2, **options}))


def test_what_is_kept_is_the_plan_and_is_not_computed_again(tmp_path, monkeypatch):
    first = ask(tmp_path)
    monkeypatch.setattr(kept, "plan", refused)
    again, should = ask(tmp_path), list(plan(CASE, examples=2))
    for group in (first, again):
        assert [g["sweep"] for g in group] == [g["sweep"] for g in should]
        for ours, theirs in zip(group, should, strict=True):
            pairs = zip(tree_leaves(ours["truth"]), tree_leaves(theirs["truth"]), strict=True)
            assert all(a.tobytes() == b.tobytes() for a, b in pairs)
            assert [each["u"].tobytes() for each in ours["arguments"]] == [
                each["u"].tobytes() for each in theirs["arguments"]
            ]


@pytest.mark.parametrize("other", [{"seed": 1}, {"examples": 3}, {"dtypes": ("float32",)}])
def test_another_request_is_another_plan(tmp_path, monkeypatch, other):
    ask(tmp_path)
    monkeypatch.setattr(kept, "plan", refused)
    with pytest.raises(AssertionError, match="computed again"):
        ask(tmp_path, **other)


def test_other_code_is_another_plan_and_clears_the_old_one(tmp_path, monkeypatch):
    ask(tmp_path)
    (tmp_path / "negative-notes.txt").write_text("mine")
    (before,) = tmp_path.glob("*.pickle")
    monkeypatch.setattr(kept, "sources", lambda: "0" * 64)
    ask(tmp_path)
    (after,) = tmp_path.glob("*.pickle")
    assert before != after
    assert (tmp_path / "negative-notes.txt").read_text() == "mine"


def test_the_digest_is_of_every_file_of_code(tmp_path, monkeypatch):
    files = {file.name for file in kept.code()}
    assert files >= {"plan.py", "reference.py", "catalogue.py", "elementwise.py", "tree.py"}
    monkeypatch.setattr(kept, "code", lambda: [tmp_path / "row.py"])
    digests = []
    for text in ("a = 1", "a = 2"):
        (tmp_path / "row.py").write_text(text)
        kept.sources.cache_clear()
        digests.append(kept.sources())
    kept.sources.cache_clear()
    assert digests[0] != digests[1]


def test_a_damaged_file_is_computed_again(tmp_path):
    ask(tmp_path)
    (file,) = tmp_path.glob("*.pickle")
    whole = file.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"no pickle"):
        file.write_bytes(damaged)
        assert len(ask(tmp_path)) == len(list(plan(CASE, examples=2)))
        assert file.read_bytes() != damaged


def test_the_verdict_is_the_same(tmp_path):
    results = [verify(CASE, examples=2, folder=folder) for folder in (None, tmp_path, tmp_path)]
    assert results[0] == results[1] == results[2]
    assert results[0]["cases"] > 10
