"""Cases of every operation in the five regimes of inputs, in float32, with truth and scale."""

import zlib

import numpy as np

from bench.backends import OPERATIONS
from oracle.catalogue import CATALOGUE
from oracle.draw import draw_numbers, regimes_of
from oracle.plan import judged_group, swept

REGIMES = {
    "ordinary": "ordinary",
    "offset": "offset",
    "wide range": "wide",
    "tiny cotangent": "tiny",
    "special": "special",
}


OURS_ALONE = ("initial", "where")
"""Options that not all of the others have."""


def cases(shapes=3, rounds=4):
    """(rule, regime, group of float32 cases of one structure) for every operation and regime it has."""
    for rule in OPERATIONS:
        case = CATALOGUE[rule]
        case = {**case, "static": {key: of for key, of in case["static"].items() if key not in OURS_ALONE}}
        rng = np.random.default_rng(zlib.crc32(rule.encode()))
        for structure, static in swept(case, lambda options, rng=rng: options[int(rng.integers(len(options)))], shapes):
            for name, regime in REGIMES.items():
                if regime in regimes_of(case):
                    drawn = [draw_numbers(case, structure, static, rng, regime=regime) for _ in range(rounds)]
                    group = judged_group({**case, "definition": None}, "shapes", drawn, [np.float32])
                    if group["arguments"]:
                        yield rule, name, group
