"""Rows in processes: this file is imported by each of them, so it has little to import itself."""

import os

from oracle.parallel import in_order_of_arrival


def die_of_it(name):
    if name == "b":
        os._exit(1)
    return name.upper()


def test_a_worker_that_dies_costs_one_row():
    got = dict(in_order_of_arrival(die_of_it, ["a", "b", "c"], 2))
    assert got == {"a": "A", "b": None, "c": "C"}
