"""Noisy copies of 10,000 galaxies predicted in one pass, against a Python loop over galaxies: time and memory.

Run it with `python benchmarks/noise_propagation.py`. It needs no arguments; `--help` lists the options. The loop is
timed on every n-th galaxy and scaled up, and the program says so. `--loop-galaxies 10000` times it in full.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from xgboost import XGBRegressor

from shapbook import noise, photometry
from shapbook.datasets import load_galaxies

try:
    import resource
except ImportError:  # Windows has no such module
    resource = None


def main() -> None:
    """Print both times, their ratio from this one run, and the peak of the memory above what was there before."""
    options = read_options()
    train, test = load_galaxies("train"), load_galaxies("test")
    model = XGBRegressor(tree_method="exact", base_score=0.5).fit(photometry.colours(train), train["redshift"])
    rng = np.random.default_rng(options.seed)
    chosen = test.sample(options.galaxies, random_state=rng)
    colours = photometry.colours(chosen).to_numpy()
    covariance = noise.colour_covariance(noise.usable_errors(chosen))
    model.predict(colours)  # the first call also starts the threads

    before = peak_memory()
    one_pass, draws = timed(
        lambda: noise.propagate(model.predict, colours, covariance, options.draws, rng, options.max_bytes)
    )
    after = peak_memory()

    step = max(1, options.galaxies // options.loop_galaxies)
    some = slice(None, None, step)
    part, looped = timed(lambda: loop(model, colours[some], covariance[some], options.draws, rng))
    whole = part * options.galaxies / len(looped)

    rows = options.galaxies * options.draws
    print(f"{options.galaxies:,} galaxies × {options.draws:,} draws = {rows:,} predictions, {threads()} threads")
    print(f"one pass:  {one_pass:7.1f} s, {1e9 * one_pass / rows:.0f} ns a prediction")
    told = "in full" if step == 1 else f"{part:.1f} s for {len(looped):,} galaxies, scaled up"
    print(f"loop:      {whole:7.1f} s ({told})")
    print(f"ratio:     {whole / one_pass:7.1f}")
    if resource:
        print(f"memory:    {(after - before) / 1e9:7.2f} GB above the start, bound {options.max_bytes / 1e9:.2f} GB")
    agreement = np.median(draws[some].std(axis=1)) / np.median(looped.std(axis=1))
    print(f"check:     median spread of one pass over that of the loop {agreement:.3f}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--galaxies", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--max-bytes", type=float, default=1e9)
    parser.add_argument("--loop-galaxies", type=int, default=1_000, help="galaxies that the loop is timed on")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def loop(
    model: XGBRegressor, colours: np.ndarray, covariance: np.ndarray, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw and predict galaxy by galaxy, each in a table of its own, as one would write it first."""
    predictions = []
    for centre, matrix in zip(colours, covariance, strict=True):
        copies = rng.multivariate_normal(centre, matrix, n_draws)
        predictions.append(model.predict(pd.DataFrame(copies, columns=list(photometry.COLOURS))))
    return np.array(predictions)


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def peak_memory() -> int:
    """Return the largest resident memory so far, in bytes; macOS reports bytes, Linux kilobytes."""
    if resource is None:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def threads() -> int:
    """Return how many processors this program may use, which is what XGBoost takes."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    main()
