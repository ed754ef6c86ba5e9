"""Made embeddings."""

from hashlib import sha256

import numpy as np


def make_embeddings(case):
    """The float32 source [n, d] and target [m, d] rows of a golden case with `recipe` and `sha256`."""
    recipe = case["recipe"]
    random = np.random.default_rng(recipe["seed"])
    x = random.standard_normal((recipe["n"], recipe["d"]))
    y = random.standard_normal((recipe["m"], recipe["d"]))
    to = random.permutation(recipe["m"])[: recipe["pairs"]]
    y[to] = x[: recipe["pairs"]] + recipe["sigma"] * random.standard_normal((recipe["pairs"], recipe["d"]))
    made = [(recipe["scale"] * side).astype("<f4") for side in (x, y)]
    assert [sha256(side.tobytes()).hexdigest() for side in made] == [case["sha256"][name] for name in "xy"]
    return made
