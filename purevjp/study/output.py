"""What a study leaves in its folder: a page, pictures, tables as CSV and JSON, and the text."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from purevjp.study.figures import FIGURES
from purevjp.study.page import Page, Table
from purevjp.study.page import written as page_written
from purevjp.study.summary import findings, summary

__all__ = ["save", "save_study"]

ERRORS = ("r2", "rmse", "mad")


def save_study(document: dict[str, Any], folder: Path, how: str) -> Page:
    """Write all of a grid's study into a folder; the page of it."""
    text = findings(document)
    unit = document["unit"]
    page: Page = {
        "title": f"Depth and width on {document['dataset']}: {document['target']}" + (f" ({unit})" if unit else ""),
        "text": text,
        "tables": [summary_table(document), cell_table(document)],
        "figures": [(title, draw(document)) for draw, title in FIGURES.values()],
        "how": how,
    }
    for (name, _), (_, figure) in zip(FIGURES.items(), page["figures"], strict=True):
        figure.savefig(folder / f"{name}.png", dpi=150)
    rows = summary(document)
    save(folder, page, {**document, "summary": rows, "findings": text}, cell_rows(document))
    return page


def save(folder: Path, page: Page, document: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Write a page, its text, all of it as JSON, and rows as CSV."""
    (folder / "report.html").write_text(page_written(page), encoding="utf-8")
    (folder / "findings.txt").write_text("\n".join(page["text"]) + "\n", encoding="utf-8")
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False)  # a cell from the journal has sorted keys
    (folder / "study.json").write_text(text + "\n", encoding="utf-8")
    with (folder / "cells.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def cell_rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """A row per cell; what a diverged cell does not have is empty."""
    rows = []
    for cell in document["cells"]:
        row = {name: cell[name] for name in ("depth", "width", "seed", "status")}
        row |= {name: cell.get(name) for name in ("rate", "best_epoch", "parameters")}
        row["diverged_rates"] = sum(run["diverged"] for run in cell["rates"])
        for part in ("train", "validation", "test"):
            row |= {f"{part}_{error}": cell.get(part, {}).get(error) for error in ERRORS}
        rows.append(row)
    return rows


def cell_table(document: dict[str, Any]) -> Table:
    """The cells, as the page shows them."""
    columns = ("cell", "seed", "rate", "epoch kept", "training R²", "validation R²", "test R²", "test RMSE", "test MAD")
    rows = []
    for row in cell_rows(document):
        name = (f"{row['depth']} × {row['width']}", row["seed"])
        if row["status"] == "diverged":
            rows.append((*name, "diverged at all", *[""] * 6))
        else:
            r2 = [f"{row[f'{part}_r2']:.3f}" for part in ("train", "validation", "test")]
            rest = [f"{row[f'test_{error}']:.4g}" for error in ("rmse", "mad")]
            rows.append((*name, f"{row['rate']:g}", row["best_epoch"], *r2, *rest))
    return {"title": "Every cell", "columns": columns, "rows": rows}


def summary_table(document: dict[str, Any]) -> Table:
    """Means and spreads over seeds, as the page shows them."""
    columns = ("cell", "seeds", "training R²", "validation R²", "test R²", "test RMSE")
    rows = []
    for row in summary(document):
        shown = [with_spread(row, part, "r2", ".3f", ".3f") for part in ("train", "validation", "test")]
        shown.append(with_spread(row, "test", "rmse", ".4g", ".2g"))
        seeds = f"{row['trained']}" + f", {row['diverged']} diverged" * bool(row["diverged"])
        rows.append((f"{row['depth']} × {row['width']}", seeds, *shown))
    return {"title": "Mean ± standard deviation over seeds", "columns": columns, "rows": rows}


def with_spread(row: dict[str, Any], part: str, error: str, form: str, spread: str) -> str:
    """A mean and its spread; nothing where all diverged."""
    mean, sd = row[f"{part}_{error}"], row[f"{part}_{error}_sd"]
    if mean is None:
        return ""
    return f"{mean:{form}}" + ("" if sd is None else f" ± {sd:{spread}}")
