"""A run as JUnit XML, as markdown for the summary of a CI run, and as CSV."""

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Sequence

from oracle.conformance.record import ERROR, FAILING, NOT_RUN, UNSUPPORTED, VERDICTS, Record
from oracle.conformance.summary import Row, shares, shown_worst, totals
from oracle.verdict import FACTOR

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""

SHOWN = 20
"""Failures in a summary."""


def junit(lines: Sequence[Record], excused: Collection[str] = ()) -> str:
    """JUnit XML: a suite per rule, a test per case; known failures are skipped, with what is known."""
    root = ET.Element("testsuites", name="purevjp")
    suites: dict[str, ET.Element] = {}
    for line in lines:
        if line["rule"] not in suites:
            suites[line["rule"]] = ET.SubElement(root, "testsuite", name=line["rule"])
        suite = suites[line["rule"]]
        test = ET.SubElement(
            suite, "testcase", classname=f"purevjp.{line['rule']}", name=line["case"], time=f"{line['seconds']:.6f}"
        )
        said = legal("; ".join([*line["findings"], *filter(None, [line["diagnosis"]])]))
        if line["verdict"] in FAILING and line["case"] not in excused:
            kind = "failure" if line["verdict"] != ERROR else "error"
            ET.SubElement(test, kind, type=line["verdict"], message=said[:200]).text = said
        elif line["verdict"] in FAILING | {UNSUPPORTED, NOT_RUN}:
            known = "known failure: " if line["verdict"] in FAILING else ""
            ET.SubElement(test, "skipped", message=f"{known}{line['verdict']}: {said[:200]}")
    for suite in suites.values():
        tests = list(suite)
        suite.set("tests", str(len(tests)))
        for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            suite.set(plural, str(sum(test.find(kind) is not None for test in tests)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def legal(text: str) -> str:
    """A text without characters that XML lacks."""
    return ILLEGAL.sub("?", text)


def markdown(rows: Sequence[Row], lines: Sequence[Record], excused: Collection[str] = ()) -> str:
    """A summary: what the cases add up to, the rules that are not fine, and the first failures."""
    total = totals(rows)
    who = lines[0]["backend"] if lines else {"name": "nothing", "version": "", "device": ""}
    supported, everything = shares(total)
    has = sum(total.values()) > total[UNSUPPORTED]
    counts = ", ".join(f"{total[word]} {word}" for word in VERDICTS if total[word])
    failing = [line for line in lines if line["verdict"] in FAILING and line["case"] not in excused]
    known = f" Known failures: {len(excused)}." if excused else ""
    text = [
        f"## purevjp check: {escaped(' '.join(filter(None, (who['name'], who['version']))))}",
        "",
        f"{'❌' if failing else '✅'} {sum(total.values())} cases: {counts or 'none'}.{known}",
        f"Right are {supported:.1%} of what it has, {everything:.1%} of all." if has else "It has none of them.",
    ]
    wrong = [row for row in rows if row["verdict"] in FAILING]
    if wrong:
        text += ["", "| rule | cases | worst error | verdict | matches |", "|---|---:|---:|---|---|"]
        for row in wrong:
            matches = ", ".join(f"`{name}` ({n})" for name, n in row["matches"][:2])
            text.append(f"| `{row['rule']}` | {row['cases']} | {shown_worst(row)} | {row['verdict']} | {matches} |")
        text += ["", f"The worst error is in error scales; {FACTOR} is the limit."]
    if failing:
        text += ["", "<details><summary>Failures</summary>", ""]
        text += [f"* `{line['case']}`: {escaped('; '.join(line['findings'][:1]))}" for line in failing[:SHOWN]]
        text += [f"* and {len(failing) - SHOWN} more"] if len(failing) > SHOWN else []
        text += ["", "</details>"]
    return "\n".join(text) + "\n"


def escaped(text: str) -> str:
    """A text that is no markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")


def table(rows: Sequence[Row]) -> str:
    """CSV, a line per rule."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["rule", "verdict", "cases", "worst", "seconds", *VERDICTS, "matches"])
    for row in rows:
        counts = [row["counts"].get(word, 0) for word in VERDICTS]
        matches = "; ".join(name for name, _ in row["matches"])
        writer.writerow([
            row["rule"], row["verdict"], row["cases"], f"{row['worst']:.6g}", f"{row['seconds']:.6f}", *counts, matches
        ])  # fmt: skip
    return buffer.getvalue()
