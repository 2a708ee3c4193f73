"""Runs docs/notebooks.md: `python docs/notebooks.py` writes what its Python prints, and its figures, anew.

Needs PUREVJP_DATA_DIR, and minutes for the studies; a folder of their own in the temporary one keeps their cells.
"""

import contextlib
import io
import re
import tempfile
from pathlib import Path

import matplotlib as mpl

PAGE = Path(__file__).with_suffix(".md")
SAME = {"svg.fonttype": "none", "svg.hashsalt": "purevjp"}
"""What makes a figure the same file every time, and small."""
BLOCK = re.compile(
    r"(<!-- (?P<needs>data|minutes) -->\n)?```python\n(?P<code>.*?)```\n(\n```text\n(?P<text>.*?)```\n)?", re.DOTALL
)


def executed(page, figures, studies, wanted):
    """The page with what each block prints below it; blocks that need what is not wanted stay as they are."""
    namespace = {"FIGURES": figures, "STUDIES": studies}

    def run(block):
        if block["needs"] and block["needs"] not in wanted:
            return block[0]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), mpl.rc_context(SAME):
            exec(compile(block["code"], PAGE.name, "exec"), namespace)  # noqa: S102 (the page is ours)
        text = f"\n```text\n{printed.getvalue()}```\n" if printed.getvalue() else ""
        return f"{block[1] or ''}```python\n{block['code']}```\n{text}"

    return BLOCK.sub(run, page)


if __name__ == "__main__":
    kept = Path(tempfile.gettempdir()) / "purevjp-studies"
    kept.mkdir(exist_ok=True)
    (PAGE.parent / "figures").mkdir(exist_ok=True)
    text = executed(PAGE.read_text("utf-8"), PAGE.parent / "figures", kept, {"data", "minutes"})
    PAGE.write_text(text, encoding="utf-8")
