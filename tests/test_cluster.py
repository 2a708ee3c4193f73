"""A sweep on a Dask cluster over TCP, with a worker killed in the middle, and over local workers."""

import importlib.resources
import os
import signal
import sys
from collections import Counter

import pytest

from oracle.conformance import frozen
from oracle.conformance.cluster import swept_on
from oracle.conformance.sweep import swept

BACKEND = """
import time, purevjp

def vjp(rule, args, static, cotangent):
    time.sleep(0.002)
    value, pullback = getattr(purevjp, rule)(*args, **static)
    return value, pullback(cotangent)
"""
RULES = ("square", "add", "maximum", "exp", "log", "tanh")


@pytest.fixture
def options(tmp_path):
    file = tmp_path / "backend.py"
    file.write_text(BACKEND)
    return {"spec": str(file), "strict": False, "limit": 30.0, "command": False}


def heads():
    return [head for head in frozen.heads() if head["rule"] in RULES]


def test_local_workers_judge_every_case_once(options):
    found = Counter(line["case"] for line in swept(options, heads(), 2))
    assert found == Counter(head["id"] for head in heads())


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_cluster_judges_every_case_once_though_a_worker_is_killed(options, tmp_path):
    distributed = pytest.importorskip("distributed", reason="distributed is missing: pip install 'purevjp[cluster]'")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "tcp://127.0.0.1"}
    with distributed.LocalCluster(**settings) as cluster:
        found, killed = Counter(), 0
        for line in swept_on(cluster.scheduler_address, options, heads()):
            found[line["case"]] += 1
            if not killed:
                with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
                    killed = min(client.run(os.getpid).values())
                os.kill(killed, signal.SIGKILL)
        file = tmp_path / "adapter.py"
        file.write_text((importlib.resources.files("oracle.adapters") / "adapter.py").read_text("utf-8"), "utf-8")
        asked = {**options, "spec": f"{sys.executable} {file}", "command": True}
        said = Counter(line["verdict"] for line in swept_on(cluster.scheduler_address, asked, heads()))
    assert killed
    assert found == Counter(head["id"] for head in heads())
    assert said.keys() == {"agree", "unsupported"}
    assert said.total() == found.total()


def test_no_scheduler_is_an_error(options):
    pytest.importorskip("distributed", reason="distributed is missing: pip install 'purevjp[cluster]'")
    with pytest.raises(OSError, match=r"(?i)timed out|connect"):
        list(swept_on("tcp://127.0.0.1:9", options, heads()[:1]))
