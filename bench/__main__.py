"""purevjp beside others, as ratios within one process: training steps, limits, gradient checkers, findings.

python -m bench               training steps and imports
python -m bench tolerances    false alarms, and wrong gradients caught, by our limit and by others
python -m bench checkers      share caught and cases per second beside check_grads and gradcheck
python -m bench findings      gradients of JAX and PyTorch that the referee finds wrong
"""

import os
import subprocess
import sys

ONE_CORE = (
    "import os, runpy; os.sched_setaffinity(0, [max(os.sched_getaffinity(0))]);"
    "runpy.run_module('bench.training', run_name='__main__')"
)


def main(what):
    if what == "tolerances":
        from bench.tolerances import print_tolerances

        print_tolerances()
    elif what == "checkers":
        from bench.checkers import print_checkers

        print_checkers()
    elif what == "findings":
        from bench.findings import print_findings

        print_findings()
    elif what == "diagnosis":
        from bench.diagnosis import print_diagnosis

        print_diagnosis()
    elif what == "":
        from bench.imports import import_ratio
        from bench.training import print_steps

        print_steps("threads as each library sets them")
        one = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run([sys.executable, "-c", ONE_CORE], check=True, env=one)
        print(f"import purevjp over import numpy: {import_ratio():.2f}")
    else:
        sys.exit(f"bench: there is no {what!r}; there are tolerances, checkers, findings and diagnosis")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
