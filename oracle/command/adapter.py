"""purevjp adapter."""

import importlib.resources
from typing import Annotated

import typer

TEMPLATES = {"c": "adapter.c", "rust": "adapter.rs", "python": "adapter.py"}


def adapter(lang: Annotated[str, typer.Option(metavar="c|rust|python", help="The language it is written in.")]) -> int:
    """Print a working backend that speaks the line protocol, to put your own kernels into."""
    if lang not in TEMPLATES:
        raise ValueError(f"there is no adapter in {lang!r}; there are {', '.join(TEMPLATES)}")
    template = importlib.resources.files("oracle.adapters") / TEMPLATES[lang]
    typer.echo(template.read_text("utf-8"), nl=False)
    return 0
