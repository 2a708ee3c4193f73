"""purevjp beside others, as ratios within one process: training steps, limits, gradient checkers, findings.

python -m bench               training steps and imports
python -m bench rules         every rule beside jitted JAX and eager PyTorch, at three sizes, on one core
python -m bench tolerances    false alarms, and wrong gradients caught, by our limit and by others
python -m bench checkers      share caught and cases per second beside check_grads and gradcheck
python -m bench networks      a small GPT, a training step over its products, remat
python -m bench models        digits, the adding problem and a small GPT, trained
python -m bench conformance   cases per second of a backend in NumPy, in C and of PyTorch; workers; long sweeps
python -m bench findings      gradients of JAX and PyTorch that the referee finds wrong
"""

import os
import subprocess
import sys

ONE_CORE = (
    "import os, runpy, sys; os.sched_setaffinity(0, [max(os.sched_getaffinity(0))]);"
    "runpy.run_module(sys.argv[1], run_name='__main__', alter_sys=True)"
)
THREADS = "threads as each library sets them"


def on_one_core(module, *names):
    """Run a module where every library has one thread."""
    one = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", ONE_CORE, module, *names], check=True, env=one)


def main(what="", *names):
    if what == "rules":
        on_one_core("bench.rules", *names)
    elif what == "tolerances":
        from bench.tolerances import print_tolerances

        print_tolerances()
    elif what == "checkers":
        from bench.checkers import print_checkers

        print_checkers()
    elif what == "findings":
        from bench.findings import print_findings

        print_findings()
    elif what == "networks":
        from bench.networks import print_memory, print_networks, print_remat

        print_networks(THREADS)
        on_one_core("bench.networks")
        print_memory()
        print_remat()
    elif what == "models":
        from bench.models import print_models

        print_models()
    elif what == "conformance":
        from bench.conformance import print_conformance

        print_conformance()
    elif what == "diagnosis":
        from bench.diagnosis import print_diagnosis

        print_diagnosis(sys.argv[2:])
    elif what == "":
        from bench.imports import import_ratio
        from bench.training import print_steps

        print_steps(THREADS)
        on_one_core("bench.training")
        print(f"import purevjp over import numpy: {import_ratio():.2f}")
    else:
        sys.exit(f"bench: there is no {what!r}; see the top of bench/__main__.py")


if __name__ == "__main__":
    main(*sys.argv[1:])
