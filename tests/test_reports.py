"""Records, the difference of two reports, known failures, and what CI reads."""

import datetime as dt
import json
import xml.etree.ElementTree as ET

import pytest

from oracle.cli import run
from oracle.conformance import export
from oracle.conformance.compare import compared
from oracle.conformance.known import excused, matchless, read_known, remarks, started
from oracle.conformance.record import SCHEMA, VERDICTS, invalid, read, record, written
from oracle.conformance.summary import shares, summary, totals

WHO = {"name": "mine", "version": "1", "device": "cpu"}
TODAY = dt.date(2026, 11, 25)


def line(case, verdict="agree", *findings, **more):
    head = {"id": case, "rule": case.partition("/")[0], "dtype": case.rpartition("/")[2]}
    return record(head, WHO, verdict, *findings, **more)


def report(tmp_path, name, *lines):
    file = tmp_path / name
    file.write_text("".join(written(each) + "\n" for each in lines), encoding="utf-8")
    return file


def test_record_is_valid_by_its_schema():
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is missing: the schema itself is not tried")
    good = json.loads(written(line("exp/values/1/float32", "wrong", "said", ratio=float("inf"))))
    assert good["ratio"] is None
    jsonschema.validate(good, SCHEMA)
    assert invalid(good) == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("case", ""), ("rule", 3), ("dtype", "int8"), ("backend", {"name": "x"}), ("verdict", "fine"), ("ratio", -1),
        ("ratio", True), ("findings", "one"), ("matches", [1]), ("seconds", None), ("dtype", []), ("verdict", {}),
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused_by_hand_as_by_the_schema(key, value):
    bad = {**json.loads(written(line("exp/values/1/float32"))), key: value}
    assert key in invalid(bad)
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is missing: the schema itself is not tried")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, SCHEMA)


def test_reports_of_shards_are_read_together_and_a_line_cut_off_is_left_out(tmp_path):
    one, two = line("exp/values/1/float32"), line("exp/values/2/float32", "crash")
    files = [report(tmp_path, "1.jsonl", one), report(tmp_path, "2.jsonl", two)]
    files[1].write_text(files[1].read_text() + '{"case": "exp/val')
    assert list(read(files)) == [one, two]
    files[0].write_text("nonsense\n" + files[0].read_text())
    with pytest.raises(ValueError, match=r"1.jsonl, line 1: it is no JSON"):
        list(read(files))


def test_commands_say_that_a_line_was_cut_off(tmp_path, capsys):
    whole = report(tmp_path, "whole.jsonl", line("exp/v/1/float32"))
    torn = report(tmp_path, "torn.jsonl", line("exp/v/1/float32"))
    torn.write_text(torn.read_text() + '{"case": "exp/val')
    assert run(["diff", str(whole), str(torn)]) == 0
    assert capsys.readouterr().err == f"purevjp: the last line of {torn} is cut off, and left out\n"
    assert run(["diff", str(whole), str(whole)]) == 0
    assert not capsys.readouterr().err


def test_summary_counts_and_shares():
    lines = [line(f"exp/values/{i}/float32", word, ratio=float(i)) for i, word in enumerate(VERDICTS)]
    (of,) = summary(lines)
    assert (of["cases"], of["verdict"], of["worst"]) == (7, "crash", 8.0)
    assert shares(totals([of])) == (2 / 8, 2 / 9)
    assert summary([line("exp/v/1/float32", "unsupported")])[0]["verdict"] == "unsupported"


def test_diff_says_what_has_changed_and_nothing_else(tmp_path, capsys):
    old = [
        line("exp/v/1/float32", ratio=0.1), line("exp/v/2/float32", "wrong", ratio=90.0), line("exp/v/3/float32"),
        line("exp/v/4/float32", ratio=0.3), line("exp/v/6/float32", "convention", "jax"),
    ]  # fmt: skip
    new = [
        line("exp/v/1/float32", ratio=1.2), line("exp/v/2/float32", ratio=0.9), line("exp/v/4/float32", ratio=0.4),
        line("exp/v/5/float32", "error", "why"), line("exp/v/6/float32", "convention", "torch"),
    ]  # fmt: skip
    better, worse, other = compared(old, new)
    assert better == ["exp/v/2/float32: wrong → agree"]
    assert worse == [
        "exp/v/1/float32: still passes, 12 times closer to the limit: 0.1 → 1.2, of 8",
        "exp/v/3/float32: gone, was agree",
    ]
    assert other == [
        "exp/v/6/float32: jax → torch",
        "exp/v/5/float32: new, is error: why",
    ]
    files = [str(report(tmp_path, name, *of)) for name, of in (("old", old), ("new", new))]
    assert run(["diff", *files]) == 1
    assert "12 times closer to the limit" in capsys.readouterr().out
    assert run(["diff", files[0], files[0]]) == 0
    assert capsys.readouterr().out == "nothing has changed\n"
    report(tmp_path, "old", *old, old[0])
    assert run(["diff", *files]) == 2


KNOWN = """
[[known]]
case = "exp/v/*/float32"
verdict = "wrong"
reason = "narrow"
issue = "https://example.org/1"
max_ratio = 50
expires = 2026-11-25
"""


def known(tmp_path, text=KNOWN):
    file = tmp_path / "known-failures.toml"
    file.write_text(text)
    return read_known(file)


def test_known_failure_excuses_what_it_covers_and_no_more(tmp_path):
    entries = known(tmp_path)
    lines = [
        line("exp/v/1/float32", "wrong", ratio=50.0), line("exp/v/2/float32", "wrong", ratio=51.0),
        line("exp/v/3/float32", "imprecise", ratio=9.0), line("exp/v/4/float64", "wrong", ratio=9.0),
        line("exp/v/5/float32", "wrong"),
    ]  # fmt: skip
    assert excused(entries, lines, TODAY) == {"exp/v/1/float32"}
    assert excused(entries, lines, TODAY + dt.timedelta(1)) == set()
    assert "has expired" in remarks(entries, lines, TODAY + dt.timedelta(1))[0]
    assert remarks(entries, lines, TODAY) == []
    assert "unexpected pass" in remarks(entries, [line("exp/v/1/float32")], TODAY)[0]
    assert remarks(known(tmp_path, f"{KNOWN}flaky = true"), [line("exp/v/1/float32")], TODAY) == []
    assert matchless(entries, ["exp/v/1/float64"]) == entries
    assert matchless(entries, ["exp/v/1/float32"]) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('reason = "narrow"', 'reason = " "', "has no reason"),
        ('issue = "https://example.org/1"', "", "has no issue"),
        ('"wrong"', '"fine"', "the verdict 'fine'"),
        ("50", '"50"', "max_ratio '50'"),
        ("max_ratio = 50", "max_ratio = true", "max_ratio True"),
        ("2026-11-25", '"soon"', "expires = 'soon'"),
        ("expires", "expired", "'expired'"),
        ("max_ratio = 50", "flaky = 1", "flaky = 1"),
        ("[[known]]", "[known]", "tables"),
        ("[[known]]", "[[known", "not valid TOML"),
        ("[[known]]", "known = [[[" + "[" * 3000, "not valid TOML"),
        ('"wrong"', '["wrong", "fine"]', "the verdict 'fine'"),
        ('"wrong"', "[1]", "has no verdict"),
    ],
)
def test_incomplete_entry_is_refused(tmp_path, old, new, words):
    with pytest.raises(ValueError, match=r".") as error:
        known(tmp_path, KNOWN.replace(old, new, 1))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_file_of_known_failures_that_is_started_has_to_be_completed(tmp_path):
    lines = [line("exp/v/1/float32", "wrong", ratio=12.34), line("exp/v/2/float32", "wrong", ratio=3.0)]
    text = started(lines)
    with pytest.raises(ValueError, match="has no reason"):
        known(tmp_path, text)
    entries = known(tmp_path, text.replace('reason = ""', 'reason = "why"').replace('issue = ""', 'issue = "#1"'))
    assert excused(entries, lines, TODAY) == {"exp/v/1/float32", "exp/v/2/float32"}
    assert entries[0]["max_ratio"] == 12.4


def test_junit_has_a_suite_per_rule_and_says_what_is_known():
    lines = [
        line("exp/v/1/float32"), line("exp/v/2/float32", "wrong", "\x00<&>", diagnosis="why"), line("log/v/1/float32"),
        line("log/v/2/float32", "error", "raised"), line("log/v/3/float32", "unsupported", "no"),
        line("log/v/4/float32", "wrong", "known"),
    ]  # fmt: skip
    root = ET.fromstring(export.junit(lines, {"log/v/4/float32"}))  # noqa: S314 (our own)
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["exp", "log"]
    counts = ("tests", "failures", "errors", "skipped")
    assert [suites["log"].get(count) for count in counts] == ["4", "0", "1", "2"]
    failure = suites["exp"].find("testcase/failure")
    assert failure.text == "?<&>; why"


def test_markdown_and_csv_name_the_rules_that_are_wrong():
    lines = [line("exp/v/1/float32"), line("log/v/2/float32", "wrong", "a|b <i>", ratio=9.0, matches=["negated"])]
    text = export.markdown(summary(lines), lines)
    assert "❌ 2 cases: 1 agree, 1 wrong." in text
    assert "| `log` | 1 | 9 | wrong | `negated` (1) |" in text
    assert "a\\|b &lt;i>" in text
    assert "✅" in export.markdown(summary(lines), lines, {"log/v/2/float32"})
    none = [{**line("log/v/1/float32", "unsupported"), "backend": {"name": "<b>x", "version": "", "device": ""}}]
    assert "It has none of them." in export.markdown(summary(none), none)
    assert "<b>" not in export.markdown(summary(none), none)
    assert export.table(summary(lines)).splitlines()[2].startswith("log,wrong,1,9,")
