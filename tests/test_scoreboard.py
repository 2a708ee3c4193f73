"""The scoreboard: what it says, and that a browser shows it, filters it and follows a cell without complaint."""

import html.parser
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from oracle.cli import run
from oracle.conformance.board import page
from oracle.conformance.record import record, written

SCREENSHOTS = Path(__file__).parents[1] / ".screenshots"
HEADS = [
    {"id": f"{rule}/values/{i}/float32", "rule": rule, "dtype": "float32"} for rule in ("exp", "tanh") for i in range(3)
]
TORCH, JAX = ({"name": name, "version": "1", "device": "cpu"} for name in ("pytorch", "google-jax"))


def lines():
    verdicts = {"exp": ("agree", "agree", "convention"), "tanh": ("imprecise", "wrong", "unsupported")}
    found = [
        record(head, TORCH, verdicts[head["rule"]][i % 3], "<b>said</b>", ratio=2.0**i, matches=["negated"])
        for i, head in enumerate(HEADS)
    ]
    return [*found, *(record(head, JAX, "agree", ratio=0.5) for head in HEADS[:3])]


def test_page_has_a_row_per_rule_and_tells_what_was_not_run():
    text = page(lines())
    assert re.findall(r'<tr data-rule="(\w+)"', text) == ["exp", "tanh"]
    cells = re.findall(r'<td data-verdict="([\w ]+)" data-worst="([\d.]+)"', text)
    assert cells == [("convention", "4.0"), ("agree", "0.5"), ("wrong", "32.0"), ("not run", "0.0")]
    assert "<b>said" not in text
    assert "&lt;b&gt;said" in text
    assert "60.00 %" in text  # 3 of 5 that are supported
    assert "50.00 %" in text  # 3 of 6
    assert "tanh.negated</code> in 2 cases" in text
    assert not re.search(r'(?:src|href)="(?!#|data:,")', text)


def tags(text):
    """Every tag with the names of its attributes, as a browser would see them."""
    found = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, *(name for name, _ in attributes)))
    parser.feed(text)
    return found


def test_a_report_brings_no_tag_and_no_attribute_of_its_own():
    hostile = 'x" onmouseover="alert(1)" y="<script>alert(2)</script>\'><img src=x onerror=alert(3)>'
    who = {"name": hostile, "version": hostile, "device": hostile}
    heads = [{**head, "id": f"{head['rule']}/{hostile}/{i}/float32"} for i, head in enumerate(HEADS)]
    said = [
        record(head, who, "wrong", hostile, ratio=9.0, diagnosis=hostile, matches=[hostile], seconds=0.0)
        for head in heads
    ]
    calm = [
        record(head, {**who, "name": "x", "version": "1"}, "wrong", "said", ratio=9.0, diagnosis="d", matches=["m"])
        for head in HEADS
    ]
    assert Counter(tags(page(said))) == Counter(tags(page(calm)))


def test_command_writes_one_file_and_refuses_the_same_case_twice(tmp_path, capsys):
    report = tmp_path / "report.jsonl"
    report.write_text("".join(written(line) + "\n" for line in lines()))
    assert run(["scoreboard", str(report), "-o", str(tmp_path / "board")]) == 0
    assert [file.name for file in (tmp_path / "board").iterdir()] == ["index.html"]
    assert run(["scoreboard", str(report), str(report), "-o", str(tmp_path / "board")]) == 2
    assert "'exp/values/0/float32' of pytorch 1 cpu twice" in capsys.readouterr().err
    report.write_text("")
    assert run(["scoreboard", str(report), "-o", str(tmp_path / "board")]) == 2
    assert "nothing to show" in capsys.readouterr().err


@pytest.fixture
def browser():
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is missing: see `make browser`")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("chromium or chromedriver is missing: see `make browser`")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    of = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield of
    of.quit()


def test_browser_filters_sorts_and_follows_a_cell(browser, tmp_path):
    file = tmp_path / "index.html"
    file.write_text(page(lines()), encoding="utf-8")
    browser.get(file.as_uri())
    find = lambda query: browser.find_elements("css selector", query)
    shown = lambda: [row.get_attribute("data-rule") for row in find("#board tbody tr") if row.is_displayed()]
    assert shown() == ["exp", "tanh"]
    find("#text")[0].send_keys("tan")
    assert shown() == ["tanh"]
    assert find("#count")[0].text == "1 of 2 rules"
    find("#text")[0].clear()
    find("#text")[0].send_keys(" ")
    select = lambda text: browser.find_element("xpath", f"//select[@id='verdict']/option[.='{text}']").click()
    select("convention")
    assert shown() == ["exp"]
    select("any")
    find("#board th button")[1].send_keys("\n\n")  # by keyboard, twice: descending
    assert shown() == ["tanh", "exp"]
    assert find("#board th")[1].get_attribute("aria-sort") == "descending"
    assert not find("section#tanh")[0].is_displayed()
    find("tr[data-rule=tanh] td a")[0].send_keys("\n")
    assert find("section#tanh")[0].is_displayed()
    assert browser.switch_to.active_element.get_attribute("id") == "tanh"
    SCREENSHOTS.mkdir(exist_ok=True)
    browser.save_screenshot(SCREENSHOTS / "scoreboard.png")
    browser.set_window_size(400, 800)  # a phone
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    browser.save_screenshot(SCREENSHOTS / "scoreboard-phone.png")
    assert browser.get_log("browser") == []
    sent = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {of["params"]["request"]["url"] for of in sent if of["method"] == "Network.requestWillBeSent"}
    assert {url.partition("#")[0] for url in urls} <= {file.as_uri(), "data:,"}
