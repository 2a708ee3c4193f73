"""A study's page: everything in one file, figures as SVG, no script and no request."""

import io
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, TypedDict

import matplotlib as mpl
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

__all__ = ["Page", "Table", "svg", "written"]

Table = TypedDict("Table", {"title": str, "columns": Sequence[str], "rows": Sequence[Sequence[Any]]})
"""A row's first cell is its name; numbers come as they should look."""

Page = TypedDict(
    "Page",
    {
        "title": str,
        "text": Sequence[str],
        "tables": Sequence[Table],
        "figures": Sequence[tuple[str, Figure]],
        "how": str,
    },
)


def written(page: Page) -> str:
    """The page as HTML."""
    template = files("purevjp.study").joinpath("page.html").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    drawn = [(title, Markup(svg(figure, title))) for title, figure in page["figures"]]  # noqa: S704 (our own SVG)
    html: str = environment.from_string(template).render(**{**page, "figures": drawn})
    return html


def svg(figure: Figure, title: str) -> str:
    """A figure as an SVG element that says what it is; the same for the same numbers."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": title, "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    return text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
