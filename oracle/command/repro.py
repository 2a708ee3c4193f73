"""purevjp repro."""

from typing import Annotated

import typer

from oracle.conformance import frozen
from oracle.conformance.adapter import SHIPPED, load
from oracle.conformance.script import script


def repro(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Name of a case, as check prints it.")],
    backend: Annotated[
        str, typer.Option(metavar="BACKEND", help="The backend that the script is to call; as for check.")
    ] = "purevjp",
) -> None:
    """Print a script that fails while a backend is wrong on a case."""
    vector, own = frozen.vector(case), backend == "purevjp"
    if not own and backend not in SHIPPED:
        loaded = load(backend)
        if vector["rule"] not in loaded["rules"]:
            raise ValueError(f"the backend {backend} does not have {vector['rule']}")
        own = bool(loaded["own"])
    typer.echo(script(vector, backend, own=own), nl=False)
