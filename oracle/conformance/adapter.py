"""Backends: a module or a file with rules in purevjp's own form, or with one function for all of them.

A rule is `layer_norm(x, gain, bias, /, *, epsilon) -> (value, vjp)`. The one function is `vjp(rule, args, static,
cotangent) -> (value, cotangents)`, and raises NotImplementedError for what the backend does not have.
"""

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias, TypedDict

from oracle.conformance import frozen
from oracle.conformance.observe import Rule, by_own
from purevjp.aliases import Tree

SHIPPED = ("torch", "jax", "autograd", "tinygrad", "mlx")
"""Backends whose adapters come along, in `oracle/backend/`."""

DTYPES = ("float64", "float32", "float16", "bfloat16")
DECLARED = ("float64", "float32")
"""The dtypes of a backend that says nothing about them."""

Call: TypeAlias = Callable[[str, tuple[Tree, ...], Mapping[str, Any], Any], tuple[Any, Any]]
Backend = TypedDict(
    "Backend",
    {
        "call": Call,
        "own": Mapping[str, Rule],
        "rules": frozenset[str],
        "dtypes": tuple[str, ...],
        "accumulator": str,
        "who": dict[str, str],
    },
)
"""How to call it; its rules in purevjp's own form, if they are; all its rules; its dtypes; the dtype it adds in, "" for
that of the arrays; and its name, version and device, as a report gives them."""

SAID = {"name", "version", "device", "dtypes", "accumulator"}


def load(spec: str) -> Backend:
    """The backend of this name: a shipped one, a file, or a module.

    Errors  ValueError when it cannot be imported, or is none; or when the corpus is damaged.
    """
    module = imported(spec)
    vjp = getattr(module, "vjp", None)
    if vjp is not None and not callable(vjp):
        raise ValueError(f"the backend {spec} has a vjp of type {vjp.__class__.__name__}, but it should be a function")
    own = {} if vjp is not None else rules_of(module)
    known = frozen.manifest()["rules"].keys()
    names = named_rules(module, spec, known if vjp is not None else own)
    if not names:
        near = (f"; did you mean {is_like[0]} by {name}?" for name in vars(module) if (is_like := alike(name, known)))
        raise ValueError(f"the backend {spec} has no function vjp, and none with the name of a rule{next(near, '')}")
    call = (lambda name, xs, static, u: by_own(name, own[name], xs, static, u)) if vjp is None else vjp
    said = capabilities(module, spec)
    return {
        "call": call, "own": own, "rules": names,
        "dtypes": said["dtypes"], "accumulator": said["accumulator"],
        "who": {key: said[key] for key in ("name", "version", "device")},
    }  # fmt: skip


def imported(spec: str) -> ModuleType:
    """The module of a backend."""
    if spec in SHIPPED:
        return executed(lambda: importlib.import_module(f"oracle.backend.{spec}_"), spec)
    if not spec.endswith(".py"):
        sys.path[:0] = [] if "" in sys.path else [""]
        return executed(lambda: importlib.import_module(spec), spec)
    file = Path(spec).absolute()
    if not file.is_file():
        raise ValueError(f"the backend {spec} cannot be imported: there is no such file")
    of = importlib.util.spec_from_file_location(f"purevjp_backend_{file.stem}", file)
    if of is None:
        raise ValueError(f"the backend {spec} cannot be imported: it is no Python file")
    module = importlib.util.module_from_spec(of)
    sys.modules[of.name] = module
    sys.path[:0] = [] if str(file.parent) in sys.path else [str(file.parent)]  # it may have others beside it

    def execute() -> ModuleType:
        """As it stands there: of a file that was changed within a second, the old bytecode might be taken."""
        exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)  # noqa: S102 (the user's own file)
        return module

    return executed(execute, spec)


def executed(execute: Callable[[], ModuleType], spec: str) -> ModuleType:
    """The module, or one line that says why there is none."""
    try:
        return execute()
    except ImportError as error:
        hint = f"; pip install 'purevjp[backends]' brings {spec}" if spec in SHIPPED else ""
        hint = f"; {spec} is a rule: name the BACKEND before it" if spec in frozen.manifest()["rules"] else hint
        raise ValueError(f"the backend {spec} cannot be imported: {error}{hint}") from error
    except SyntaxError as error:
        where = f"{error.filename}, line {error.lineno}: " if error.lineno else ""
        raise ValueError(f"the backend {spec} cannot be imported: {where}{error.msg}") from error
    except (Exception, SystemExit) as error:
        raise ValueError(f"the backend {spec} cannot be imported: {error!r}") from error


def named_rules(module: ModuleType, spec: str, found: Collection[str]) -> frozenset[str]:
    """The rules that RULES names, of those that were found; all of these without.

    Errors  ValueError when it is no collection of names, or names one that is not there.
    """
    named = getattr(module, "RULES", found)
    if isinstance(named, str) or not isinstance(named, Collection) or not all(isinstance(name, str) for name in named):
        raise ValueError(f"RULES of the backend {spec} is {named!r}, but should be a collection of names")
    if unknown := sorted(set(named) - set(found)):
        raise ValueError(f"RULES of the backend {spec} names {unknown[0]!r}, which it does not have, or is no rule")
    return frozenset(named)


def alike(name: str, known: Collection[str]) -> list[str]:
    """The rule that a name is nearly the name of."""
    return difflib.get_close_matches(name, known, n=1, cutoff=0.8) if not name.startswith("_") else []


def rules_of(module: ModuleType) -> dict[str, Rule]:
    """The functions of a module that have the name of a rule."""
    return {name: vars(module)[name] for name in frozen.manifest()["rules"] if callable(vars(module).get(name))}


def capabilities(module: ModuleType, spec: str) -> dict[str, Any]:
    """What a backend says of itself, with defaults for what it does not say.

    Errors  ValueError when it says what has no meaning.
    """
    said = getattr(module, "CAPABILITIES", {})
    if not isinstance(said, Mapping):
        raise ValueError(f"CAPABILITIES of the backend {spec} is a {said.__class__.__name__}, but should be a dict")  # noqa: TRY004
    if unknown := sorted(map(str, said.keys() - SAID)):
        raise ValueError(
            f"CAPABILITIES of the backend {spec} has no key {unknown[0]!r}; there are {', '.join(sorted(SAID))}"
        )
    what = f"CAPABILITIES of the backend {spec}"
    dtypes, accumulator = dtypes_of(said.get("dtypes", DECLARED), what), said.get("accumulator", "")
    if accumulator:
        dtypes_of([accumulator], what)
    name = Path(spec).stem if spec.endswith(".py") else spec
    texts = {"name": name, "version": str(getattr(module, "__version__", "")), "device": "cpu"}
    return {
        **{key: str(said.get(key, text)) for key, text in texts.items()},
        "dtypes": dtypes,
        "accumulator": accumulator,
    }


def dtypes_of(named: Any, what: str) -> tuple[str, ...]:
    """The dtypes that a backend names.

    Errors  ValueError when there is none, or one that there is not.
    """
    if isinstance(named, str) or not isinstance(named, Collection) or not named:
        raise ValueError(f"{what} has the dtypes {named!r}, but should name some of {', '.join(DTYPES)}")
    if unknown := [dtype for dtype in named if dtype not in DTYPES]:
        raise ValueError(f"{what} names the dtype {unknown[0]!r}; there are {', '.join(DTYPES)}")
    return tuple(named)
